import django.db.models.deletion
from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only

_STATUSES = [("open", "Open"), ("closed", "Closed"), ("unknown", "Unknown")]


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0011_deliveries_of_published")]

    operations = [
        migrations.CreateModel(
            name="BillingPeriodReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period", models.CharField(max_length=7)),
                ("version", models.IntegerField(default=0)),
                ("status", models.CharField(choices=_STATUSES, default="unknown", max_length=10)),
                ("last_updated", models.DateTimeField(null=True)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ingestion.source"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("source", "period"), name="billing_period_report_once")
                ]
            },
        ),
        staff_only("ingestion_billingperiodreport"),
        sequences(),
    ]
