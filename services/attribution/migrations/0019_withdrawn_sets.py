from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only


class Migration(migrations.Migration):
    dependencies = [("attribution", "0018_provider_periods")]

    operations = [
        migrations.AddField("inputset", "charges", models.JSONField(default=list, db_default=[])),
        migrations.CreateModel(
            name="WithdrawnSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("source", models.CharField(max_length=40)),
                ("period", models.CharField(max_length=7)),
                ("version", models.IntegerField()),
                ("withdrawn_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "source", "period"), name="withdrawn_set_newest_only"
                    )
                ]
            },
        ),
        staff_only("attribution_withdrawnset"),
        sequences(),
    ]
