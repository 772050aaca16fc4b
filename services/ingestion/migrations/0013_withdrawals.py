import django.db.models.deletion
from django.db import migrations, models

_STATES = [
    ("found", "Found"),
    ("waiting", "Waiting"),
    ("collected", "Collected"),
    ("unchanged", "Unchanged"),
    ("quarantined", "Quarantined"),
    ("overtaken", "Overtaken"),
    ("withdrawn", "Withdrawn"),
]


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0012_billing_periods")]

    operations = [
        migrations.AlterField(
            "delivery", "state", models.CharField(choices=_STATES, default="found", max_length=12)
        ),
        migrations.AddField("snapshot", "charges", models.JSONField(default=list, db_default=[])),
        migrations.AddField("snapshot", "withdrawn_version", models.IntegerField(null=True)),
        migrations.AddField("signals", "withdrawn_version", models.IntegerField(null=True)),
        migrations.AddField("workloads", "withdrawn_version", models.IntegerField(null=True)),
        *(
            migrations.AlterField(
                model,
                "delivery",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="%(class)s_versions",
                    to="ingestion.delivery",
                ),
            )
            for model in ("snapshot", "signals", "workloads")
        ),
    ]
