from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the text of `overrides`, which an earlier release reads and writes."""

    dependencies = [("portal", "0006_days_and_pools")]

    operations = [
        migrations.AddField("periodsummary", "overridden_checks", models.JSONField(null=True)),
    ]
