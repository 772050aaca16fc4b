from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("portal", "0013_closes_again")]

    operations = [
        migrations.AddField(
            "periodsummary",
            name,
            models.DecimalField(max_digits=38, decimal_places=10, default=0, db_default=0),
        )
        for name in ("moved_in", "moved_out")
    ]
