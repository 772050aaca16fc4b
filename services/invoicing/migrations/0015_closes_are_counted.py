from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0014_a_proposal_of_each_subject")]

    operations = [
        migrations.AddField(
            "closedperiod", "number", models.BigIntegerField(default=1, db_default=1)
        ),
    ]
