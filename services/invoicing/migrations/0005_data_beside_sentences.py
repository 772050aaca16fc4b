from django.db import migrations, models


class Migration(migrations.Migration):
    """Data beside each column of text, which an earlier release reads and writes."""

    dependencies = [("invoicing", "0004_append_only_triggers")]

    operations = [
        migrations.AddField("invoice", "parked_for", models.JSONField(null=True)),
        migrations.AddField("invoiceline", "priced_by", models.JSONField(null=True)),
        migrations.AddField("transition", "cause", models.JSONField(null=True)),
    ]
