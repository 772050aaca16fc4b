from django.db import migrations, models


def _delivery() -> models.OneToOneField:
    """Its name at the delivery's end alone is new: nothing changes in the database."""
    return models.OneToOneField(
        "ingestion.delivery", on_delete=models.deletion.PROTECT, related_name="%(class)s"
    )


class Migration(migrations.Migration):
    dependencies = [("ingestion", "0010_sources_and_uploads")]

    operations = [
        migrations.AlterField("signals", "delivery", _delivery()),
        migrations.AlterField("snapshot", "delivery", _delivery()),
        migrations.AlterField("workloads", "delivery", _delivery()),
    ]
