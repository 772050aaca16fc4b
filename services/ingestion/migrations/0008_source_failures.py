from django.db import migrations, models


class Migration(migrations.Migration):
    """An earlier release writes none of it: its sources are not known to fail."""

    dependencies = [("ingestion", "0007_contents")]

    operations = [
        migrations.AddField("source", "failing_since", models.DateTimeField(null=True)),
        migrations.AddField(
            "source",
            "failure_code",
            models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            "source", "failure", models.TextField(blank=True, db_default="", default="")
        ),
    ]
