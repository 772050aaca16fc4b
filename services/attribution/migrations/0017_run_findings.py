from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0016_unreadable_values")]

    operations = [
        migrations.AddField("run", "findings", models.JSONField(default=list, db_default=[])),
    ]
