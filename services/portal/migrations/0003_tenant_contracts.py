from django.db import migrations, models

from shared.isolation.operations import sequences, staff_only

# A margin's version is its run's version and six digits, so that kept rows can be told apart.
_RUNS_OF_KEPT_ROWS = """
    UPDATE portal_tenantmargin m SET run_id = s.run_id FROM portal_periodsummary s
    WHERE s.period = m.period AND m.version / 1000000 = s.version
"""
# Customers' rows are hidden from the owner too, who is the only one that may lift it.
_CONTRACTS_OF_KEPT_CUSTOMERS = """
    ALTER TABLE portal_customeraccount NO FORCE ROW LEVEL SECURITY;
    INSERT INTO portal_tenantcontract (tenant, customer, plan)
    SELECT jsonb_array_elements_text(tenants), customer_id, plan FROM portal_customeraccount;
    ALTER TABLE portal_customeraccount FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("portal", "0002_rights")]

    operations = [
        migrations.AddField(
            model_name="tenantmargin",
            name="run_id",
            field=models.CharField(default="", max_length=40),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="TenantContract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tenant", models.CharField(max_length=100)),
                ("customer", models.CharField(max_length=100)),
                ("plan", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "customer"), name="tenant_contract_once"
                    )
                ],
            },
        ),
        staff_only("portal_tenantcontract"),
        sequences(),
        migrations.RunSQL(_RUNS_OF_KEPT_ROWS, migrations.RunSQL.noop),
        migrations.RunSQL(_CONTRACTS_OF_KEPT_CUSTOMERS, migrations.RunSQL.noop),
    ]
