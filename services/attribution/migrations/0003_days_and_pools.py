from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0002_rights")]

    operations = [
        migrations.AddField("run", "pools", models.JSONField(default=list)),
        migrations.AddField("statement", "daily", models.JSONField(default=dict)),
    ]
