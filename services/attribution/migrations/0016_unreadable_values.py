from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0015_heartbeats")]

    operations = [
        migrations.AddField("inputset", "unreadable", models.JSONField(default=list, db_default=[])),
    ]
