import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0019_withdrawn_sets")]

    operations = [
        # One change of the ruleset and one of a closed month's may wait side by side.
        migrations.RemoveConstraint("proposal", "attribution_proposal_one_waits"),
        migrations.AddConstraint(
            "proposal",
            models.UniqueConstraint(
                condition=models.Q(state="waiting"),
                fields=("subject",),
                name="attribution_proposal_one_waits",
            ),
        ),
        migrations.AddField(
            "period",
            "ruleset",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="periods",
                to="attribution.ruleset",
            ),
        ),
        # Months that are closed keep what they were closed by, also where they were attributed by
        # a newer one since: what that has moved is taken back by the next run.
        migrations.RunSQL(
            "UPDATE attribution_period SET ruleset_id = closed.ruleset_digest"
            " FROM attribution_run closed JOIN attribution_ruleset kept"
            " ON kept.digest = closed.ruleset_digest WHERE closed.run_id = closed_run_id",
            migrations.RunSQL.noop,
        ),
    ]
