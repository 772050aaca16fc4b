from django.db import migrations, models


class Migration(migrations.Migration):
    """Empty in lines of an earlier release, which also writes none."""

    dependencies = [("invoicing", "0005_data_beside_sentences")]

    operations = [
        migrations.AddField(
            "invoiceline",
            "component",
            models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
