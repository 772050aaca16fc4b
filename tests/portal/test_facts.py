"""Facts come in any order and more than once; what is kept is the newest of each thing."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from services.portal.handlers import HANDLERS
from services.portal.models import (
    CustomerAccount,
    CustomerEstimate,
    CustomerInvoice,
    PeriodSummary,
    StaffInvoice,
    TenantContract,
    TenantMargin,
)
from services.portal.queries.period_page import read_period
from shared.contracts import attribution, invoicing
from shared.contracts.routes import CONTRACTS
from shared.contracts.superseded.invoices import downgraded_document
from shared.contracts.superseded.period_closed import PERIOD_CLOSED_V1, written_overrides
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.examples import examples
from tests.portal.scenarios import (
    client_of,
    customer_fact,
    invoice_fact,
    margin_fact,
    period_fact,
    record_month,
)

OLDER = [contract for contract in CONTRACTS.values() if contract.successor is not None]
STATES = ("draft", "in_review", "approved", "issuing", "issued", "paid")
FACTS = [
    *(
        (invoicing.INVOICE_DRAFTED.name, invoice_fact("acme", state, version=turn + 1))
        for turn, state in enumerate(STATES)
    ),
    *(
        (attribution.MARGIN_MEASURED.name, margin_fact("acme", revenue, version=1_000_000 + turn))
        for turn, revenue in enumerate((None, "1.00", "2.00"))
    ),
    *(
        (
            attribution.PERIOD_ATTRIBUTED.name,
            period_fact(version=turn, run_id=f"run_{turn}", fallback_share=Decimal(turn) / 100),
        )
        for turn in (1, 2, 3)
    ),
    (attribution.PERIOD_CLOSED.name, replace(attribution.PERIOD_CLOSED.example, version=1)),
    (
        attribution.PERIOD_CLOSED.name,
        replace(
            attribution.PERIOD_CLOSED.example,
            version=2,
            closed_by="vic",
            overrides=[attribution.Override("proof_holds", "known", "vic")],
        ),
    ),
    (invoicing.CUSTOMER_CONTRACTED.name, customer_fact("acme", tenants=["acme", "gone"])),
    (invoicing.CUSTOMER_CONTRACTED.name, customer_fact("acme", version=2, plan="Better")),
    (invoicing.CUSTOMER_CONTRACTED.name, customer_fact("other", tenants=["gone"])),
    *(
        (
            invoicing.CHARGES_ESTIMATED.name,
            replace(invoicing.CHARGES_ESTIMATED.example, version=turn, total=Decimal(turn)),
        )
        for turn in (1, 2)
    ),
]


def kept():
    return [
        list(model.objects.order_by(*keys).values())
        for model, keys in (
            (PeriodSummary, ["period"]),
            (StaffInvoice, ["invoice_id"]),
            (CustomerInvoice, ["invoice_id"]),
            (CustomerAccount, ["customer_id"]),
        )
    ] + [
        list(TenantMargin.objects.values_list("tenant", "version", "revenue")),
        sorted(TenantContract.objects.values_list("tenant", "customer", "plan")),
        list(CustomerEstimate.objects.values_list("customer_id", "period", "version", "total")),
    ]


def page(name, path):
    return strip_tokens(client_of(name).get(path).content.decode())


def inbox():
    return page("bruno", "/invoices?period=2026-10&view=to_do")


def strip_tokens(html):
    """Each answer has a CSRF token of its own."""
    return re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken)[^>]*', "", html)


def record(facts):
    with as_ops():
        for name, fact in facts:
            HANDLERS[name](fact)
        return kept()


class TestFacts:
    @pytest.mark.django_db
    def test_leave_the_newest_of_each_thing(self):
        found = record(FACTS)
        assert found[0][0]["run_id"] == "run_3"
        assert found[0][0]["closed_by"] == "vic"
        assert (found[1][0]["state"], found[2][0]["state"]) == ("paid", "paid")
        assert found[4] == [("acme", 1_000_002, Decimal("2.0000000000"))]
        assert found[6] == [("acme", "2026-11", 2, Decimal(2))]
        assert found[5] == [("acme", "acme", "Better"), ("gone", "other", "Standard")]

    @examples(1 / 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(facts=st.permutations([*FACTS, *FACTS[:8]]))
    def test_in_any_order_and_twice_leave_the_same(self, db, facts):
        with transaction.atomic():
            before = record(FACTS)
            transaction.set_rollback(True)
        with transaction.atomic():
            assert record(facts) == before
            transaction.set_rollback(True)


class TestRowsOfAnEarlierRelease:
    """They have their text alone; what is shown of them is the same."""

    @pytest.fixture
    def month(self, cast):
        record_month(acme="in_review", foreign="issued")
        return [page("clara", "/invoices/inv_acme"), page("ann", "/account"), inbox()]

    def test_show_the_same_pages(self, month):
        with as_ops():
            StaffInvoice.objects.update(fact=None)
            CustomerInvoice.objects.update(fact=None)
        assert month == [page("clara", "/invoices/inv_acme"), page("ann", "/account"), inbox()]

    def test_wait_for_the_same_person(self, month):
        assert "Acme" in month[2]
        with as_ops():
            StaffInvoice.objects.update(document={}, fact=None)
            for fact in (invoice_fact("acme", "in_review"), invoice_fact("foreign", "issued")):
                older = downgraded_document(invoicing.INVOICE_DRAFTED.dump(fact))
                StaffInvoice.objects.filter(pk=fact.invoice_id).update(document=older)
        assert inbox() == month[2]

    def test_keep_their_overrides(self, month):
        with as_ops():
            before = read_period(Month(2026, 10)).overrides
            PeriodSummary.objects.update(overridden_checks=None)
            assert read_period(Month(2026, 10)).overrides == before != []


def test_a_fact_of_the_version_before_leaves_what_the_newest_does(db):
    with transaction.atomic():
        newest = record(FACTS)
        transaction.set_rollback(True)
    older = {contract.successor.name: contract for contract in OLDER}
    with as_ops():
        for name, fact in FACTS:
            contract = older.get(name, CONTRACTS[name])
            payload = CONTRACTS[name].dump(fact)
            if contract is PERIOD_CLOSED_V1:
                overrides = written_overrides(fact.overrides)
                payload = {**payload, "overrides": overrides}
            elif contract is not CONTRACTS[name]:
                payload = downgraded_document(payload)
            taken, brought = contract.newest(payload)
            HANDLERS[taken.name](brought)
        assert kept() == newest
