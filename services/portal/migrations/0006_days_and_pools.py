from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns of tables that are staff's alone already."""

    dependencies = [("portal", "0005_estimates_and_restated")]

    operations = [
        migrations.AddField("periodsummary", "pools", models.JSONField(default=list)),
        migrations.AddField("periodsummary", "overrides", models.JSONField(default=list)),
        migrations.AddField("tenantmargin", "daily", models.JSONField(default=dict)),
    ]
