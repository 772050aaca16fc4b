from django.db import migrations

from shared.isolation.operations import (
    append_only,
    composite_key,
    frozen_when,
    scoped_rows,
    sequences,
    staff_only,
)

_CHANGE = "SELECT, INSERT, UPDATE"
_INVOICE = ["customer_id", "invoice_id"]
_FROZEN = [
    *("invoice_id", "customer_id", "contract_id", "seller", "period", "kind", "sequence"),
    *("currency", "total_minor", "exact_total", "run_id", "number", "stripe_invoice_id"),
    "issued_at",
]


class Migration(migrations.Migration):
    dependencies = [("invoicing", "0001_initial")]

    operations = [
        scoped_rows("invoicing_customer", column="customer_id", app="SELECT", ops=_CHANGE),
        scoped_rows("invoicing_contract", column="customer_id", app="SELECT", ops=_CHANGE),
        scoped_rows("invoicing_invoice", column="customer_id", app="SELECT", ops=_CHANGE),
        scoped_rows("invoicing_invoiceline", column="customer_id", app="SELECT", ops="SELECT, INSERT"),
        scoped_rows("invoicing_transition", column="customer_id", app="SELECT", ops="SELECT, INSERT"),
        scoped_rows("invoicing_ledgerentry", column="customer_id", app="SELECT", ops="SELECT, INSERT"),
        composite_key("invoicing_invoiceline", _INVOICE, "invoicing_invoice", _INVOICE),
        composite_key("invoicing_transition", _INVOICE, "invoicing_invoice", _INVOICE),
        append_only("invoicing_invoiceline"),
        append_only("invoicing_transition"),
        append_only("invoicing_ledgerentry"),
        frozen_when("invoicing_invoice", "OLD.number <> ''", _FROZEN),
        staff_only(
            "invoicing_plan",
            "invoicing_attributedperiod",
            "invoicing_closedperiod",
            "invoicing_statementrevision",
            "invoicing_stripeoperation",
            "invoicing_stripeevent",
            "invoicing_inbox",
            "invoicing_inboxfailures",
            "invoicing_job",
        ),
        staff_only("invoicing_outbox", app="INSERT"),
        sequences(),
    ]
