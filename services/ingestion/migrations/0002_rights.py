from django.db import migrations

from shared.isolation.operations import sequences, staff_only


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0001_initial")]

    operations = [
        staff_only(
            "ingestion_source",
            "ingestion_delivery",
            "ingestion_snapshot",
            "ingestion_signals",
            "ingestion_inbox",
            "ingestion_inboxfailures",
            "ingestion_job",
        ),
        staff_only("ingestion_outbox", app="INSERT"),
        sequences(),
    ]
