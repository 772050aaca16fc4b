from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0023_what_a_close_reads_of_the_rules")]

    operations = [
        migrations.AddField(
            "inputset", "earlier_months", models.JSONField(default=list, db_default=[])
        ),
        migrations.AddField("run", "moved_out", models.JSONField(default=list, db_default=[])),
    ]
