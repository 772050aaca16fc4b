from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0022_months_close_again")]

    operations = [
        migrations.AddField("ruleset", "meters", models.JSONField(null=True)),
        migrations.AddField("ruleset", "reclose", models.JSONField(null=True)),
    ]
