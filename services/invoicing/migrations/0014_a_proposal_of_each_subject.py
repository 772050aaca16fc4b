from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0013_heartbeats")]

    operations = [
        migrations.RemoveConstraint("proposal", "invoicing_proposal_one_waits"),
        migrations.AddConstraint(
            "proposal",
            models.UniqueConstraint(
                condition=models.Q(state="waiting"),
                fields=("subject",),
                name="invoicing_proposal_one_waits",
            ),
        ),
    ]
