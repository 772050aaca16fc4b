from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the text of `overrides`, which an earlier release reads and writes."""

    dependencies = [("attribution", "0006_append_only_triggers")]

    operations = [
        migrations.AddField("period", "overridden_checks", models.JSONField(null=True)),
    ]
