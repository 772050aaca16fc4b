from django.db import migrations, models


class Migration(migrations.Migration):
    """An earlier release writes neither; a manifest's address may be as long as S3 allows."""

    dependencies = [("ingestion", "0006_audit_log")]

    operations = [
        migrations.AlterField(
            "delivery", "manifest_uri", models.CharField(blank=True, max_length=1100)
        ),
        *(
            migrations.AddField(model, field, models.JSONField(default=default, db_default=empty))
            for model in ("snapshot", "signals", "workloads")
            for field, default, empty in (("contents", dict, {}), ("losses", list, []))
        ),
    ]
