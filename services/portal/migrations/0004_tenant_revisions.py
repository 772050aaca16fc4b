from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only


class Migration(migrations.Migration):
    dependencies = [("portal", "0003_tenant_contracts")]

    operations = [
        migrations.AddField(
            model_name="periodsummary",
            name="revised_tenant_count",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="periodsummary",
            name="revised_by",
            field=models.DecimalField(decimal_places=10, default=0, max_digits=38),
        ),
        migrations.CreateModel(
            name="TenantRevision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant", models.CharField(max_length=100)),
                ("period", models.CharField(max_length=7)),
                ("version", models.IntegerField()),
                ("cost_before", models.DecimalField(decimal_places=10, max_digits=38)),
                ("cost_after", models.DecimalField(decimal_places=10, max_digits=38)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("period", "tenant"), name="tenant_revision_newest"
                    )
                ],
            },
        ),
        staff_only("portal_tenantrevision"),
        sequences(),
    ]
