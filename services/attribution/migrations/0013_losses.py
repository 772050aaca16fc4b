from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0012_statements_by_run")]

    operations = [
        migrations.AddField("inputset", "losses", models.JSONField(default=list, db_default=[])),
    ]
