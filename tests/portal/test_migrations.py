from decimal import Decimal

import pytest
from django.core.management import call_command

from services.portal.models import StaffInvoice, TenantContract, TenantMargin
from services.portal.operations.record_facts import (
    record_customer,
    record_invoice,
    record_margin,
    record_period,
)
from shared.isolation.scope import as_ops
from tests.portal.scenarios import customer_fact, invoice_fact, margin_fact, period_fact


@pytest.mark.django_db(transaction=True)
def test_what_was_kept_before_a_migration_is_shown_after(capsys):
    with as_ops():
        record_customer(customer_fact("group", tenants=["a", "b"]))
        record_period(period_fact())
        record_margin(margin_fact("acme"))
        record_invoice(invoice_fact("acme", "issued", restated_by=Decimal("-1.50")))
    call_command("migrate", "portal", "0002", verbosity=0)
    call_command("migrate", "portal", verbosity=0)
    with as_ops():
        assert list(TenantMargin.objects.values_list("run_id", flat=True)) == ["run_1"]
        assert StaffInvoice.objects.get().restated_by == Decimal("-1.5")
        assert sorted(TenantContract.objects.values_list("tenant", "customer", "plan")) == [
            ("a", "group", "Standard"),
            ("b", "group", "Standard"),
        ]
