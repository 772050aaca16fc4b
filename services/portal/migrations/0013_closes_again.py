from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0012_heartbeats")]

    operations = [
        migrations.AddField(
            "periodsummary",
            "closed_run_version",
            models.BigIntegerField(default=0, db_default=0),
        ),
        migrations.AddField(
            "tenantrevision", "is_changed", models.BooleanField(default=False, db_default=False)
        ),
        # Until now a revision was one of the sum.
        migrations.RunSQL(
            "UPDATE portal_tenantrevision SET is_changed = true WHERE cost_after <> cost_before",
            migrations.RunSQL.noop,
        ),
    ]
