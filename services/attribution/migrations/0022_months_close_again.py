from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0021_period_closes")]

    operations = [
        migrations.AddField(
            "periodclose", "figures", models.JSONField(default=dict, db_default={})
        ),
        migrations.AddField("period", "content_since", models.DateTimeField(null=True)),
    ]
