from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside `document`, whose sentences an earlier release reads."""

    dependencies = [("portal", "0007_overridden_checks")]

    operations = [
        migrations.AddField("staffinvoice", "fact", models.JSONField(null=True)),
        migrations.AddField("customerinvoice", "fact", models.JSONField(null=True)),
    ]
