from django.db import migrations, models

from shared.isolation.operations import scoped_rows, sequences

_RESTATED_OF_KEPT_ROWS = """
    UPDATE portal_staffinvoice SET restated_by = (document->>'restated_by')::numeric
    WHERE document->>'restated_by' IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0004_tenant_revisions")]

    operations = [
        migrations.CreateModel(
            name="CustomerEstimate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("customer_id", models.CharField(max_length=100)),
                ("period", models.CharField(max_length=7)),
                ("version", models.IntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("total", models.DecimalField(decimal_places=10, max_digits=38)),
                ("lines", models.JSONField()),
                ("attributed_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer_id", "period"), name="customer_estimate_newest"
                    )
                ],
            },
        ),
        scoped_rows(
            "portal_customerestimate",
            column="customer_id",
            app="SELECT",
            ops="SELECT, INSERT, UPDATE",
        ),
        sequences(),
        migrations.AddField(
            model_name="staffinvoice",
            name="restated_by",
            field=models.DecimalField(decimal_places=10, max_digits=38, null=True),
        ),
        migrations.RunSQL(_RESTATED_OF_KEPT_ROWS, migrations.RunSQL.noop),
    ]
