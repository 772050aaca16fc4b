import pytest
from django.core.management import call_command

from services.portal.models import TenantContract, TenantMargin
from services.portal.operations.record_facts import record_customer, record_margin, record_period
from shared.isolation.scope import as_ops
from tests.portal.world import customer_fact, margin_fact, period_fact


@pytest.mark.django_db(transaction=True)
def test_what_was_kept_before_tenant_contracts_is_shown_after(capsys):
    with as_ops():
        record_customer(customer_fact("group", tenants=["a", "b"]))
        record_period(period_fact())
        record_margin(margin_fact("acme"))
    call_command("migrate", "portal", "0002", verbosity=0)
    call_command("migrate", "portal", verbosity=0)
    with as_ops():
        assert list(TenantMargin.objects.values_list("run_id", flat=True)) == ["run_1"]
        assert sorted(TenantContract.objects.values_list("tenant", "customer", "plan")) == [
            ("a", "group", "Standard"),
            ("b", "group", "Standard"),
        ]
