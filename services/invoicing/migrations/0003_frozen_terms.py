from django.db import migrations, models

from shared.isolation.operations import frozen_when

_TABLE = "invoicing_invoice"
_ISSUED = "OLD.number <> ''"
_COLUMNS = [
    *("invoice_id", "customer_id", "contract_id", "seller", "period", "kind", "sequence"),
    *("currency", "total_minor", "exact_total", "run_id", "number", "stripe_invoice_id"),
    "issued_at",
]
_BEFORE = frozen_when(_TABLE, _ISSUED, _COLUMNS)
_AFTER = frozen_when(_TABLE, _ISSUED, [*_COLUMNS, "frozen"])

# Nobody knows any more what an invoice said when it was issued: from now on it says this.
# Row security binds the owner too, who is the only one that may lift it.
_FREEZE_WHAT_IS_ISSUED = """
    ALTER TABLE invoicing_invoice NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE invoicing_contract NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE invoicing_customer NO FORCE ROW LEVEL SECURITY;
    UPDATE invoicing_invoice AS invoice SET frozen = jsonb_build_object(
        'disclosure', contract.disclosure,
        'plan', contract.plan_name,
        'days_until_due', contract.days_until_due,
        'tenant_names', contract.tenant_names,
        'seller', customer.seller,
        'buyer', jsonb_build_object(
            'name', customer.name,
            'email', customer.email,
            'purchase_order', customer.purchase_order,
            'address', customer.address
        )
    )
    FROM invoicing_contract AS contract, invoicing_customer AS customer
    WHERE contract.contract_id = invoice.contract_id
      AND customer.customer_id = invoice.customer_id
      AND (invoice.number <> '' OR invoice.state = 'issuing');
    ALTER TABLE invoicing_invoice FORCE ROW LEVEL SECURITY;
    ALTER TABLE invoicing_contract FORCE ROW LEVEL SECURITY;
    ALTER TABLE invoicing_customer FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0002_rights")]

    operations = [
        migrations.AddField(
            model_name="invoice", name="frozen", field=models.JSONField(null=True)
        ),
        migrations.RunSQL(_FREEZE_WHAT_IS_ISSUED, migrations.RunSQL.noop),
        migrations.RunSQL(
            f"{_BEFORE.reverse_sql} {_AFTER.sql}", f"{_AFTER.reverse_sql} {_BEFORE.sql}"
        ),
    ]
