from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only

_STATUSES = [("open", "Open"), ("closed", "Closed"), ("unknown", "Unknown")]


class Migration(migrations.Migration):
    dependencies = [("attribution", "0017_run_findings")]

    operations = [
        migrations.AddField("inputset", "corrected", models.JSONField(default=dict, db_default={})),
        migrations.CreateModel(
            name="ProviderPeriod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=40)),
                ("period", models.CharField(max_length=7)),
                ("version", models.IntegerField()),
                ("status", models.CharField(choices=_STATUSES, max_length=20)),
                ("last_updated", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("source", "period"), name="provider_period_newest")
                ]
            },
        ),
        staff_only("attribution_providerperiod"),
        sequences(),
    ]
