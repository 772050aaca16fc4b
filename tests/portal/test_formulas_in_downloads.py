"""Every download of rows, from the URLconf: names that are formulas are text in it."""

from dataclasses import replace
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import get_resolver

from services.portal.gateways.corrections import MonthsCorrections
from services.portal.models import User
from services.portal.operations.record_facts import (
    record_customer,
    record_invoice,
    record_margin,
    record_period,
)
from shared.audit.entries import write_entry
from shared.contracts.attribution import CostLine
from shared.contracts.invoicing import Cause
from shared.isolation.scope import as_ops
from shared.vocabulary.audit import AuditAction
from tests.access_matrix import routed_views
from tests.portal.corrections_data import account, close, document
from tests.portal.scenarios import (
    SHARED,
    client_of,
    customer_fact,
    invoice_fact,
    margin_fact,
    period_fact,
    pool_measured,
    sign_in,
)
from tests.spreadsheets import evaluated_cells

FORMULA = "=HYPERLINK(A1)"
OBJECTS = {
    "<str:id>": "inv_acme",
    "<str:action>": "submit",
    "<str:key>": quote(FORMULA, safe=""),
    "<str:period>": "2026-10",
    "<str:token>": "nobody-has-this-token",
}
PEOPLE = ("olivia", "clara", "ann")


@pytest.fixture
def formulas(month, monkeypatch):
    """The month once more: all that a bill, a customer or another service names is a formula."""
    lines = [CostLine(FORMULA, FORMULA, SHARED), CostLine(f"pool:{FORMULA}", FORMULA, SHARED)]
    margin = margin_fact("acme", "597.40", tenant_name=FORMULA, lines=lines)
    invoice = invoice_fact("acme", "issued")
    monkeypatch.setattr("services.portal.queries.audit.read_whole_audit", lambda *_, **__: [])
    corrected = account("acme", document("-60.30"), customer_name=FORMULA, invoice=FORMULA)
    monkeypatch.setattr(
        "services.portal.views.corrections.read_corrections",
        lambda **_: MonthsCorrections(close(), [corrected]),
    )
    entry = {
        **dict.fromkeys(("event", "number", "document"), FORMULA),
        "at": "2026-11-03T08:00:00+00:00",
        "kind": FORMULA,
        "period": "2026-10",
        "amount": "-1",
        "balance": "-1",
    }
    statement = {
        **dict.fromkeys(("opening", "closing", "due", "on_credit"), "-1"),
        "currency": "USD",
        "entries": [entry],
    }
    monkeypatch.setattr(
        "services.portal.views.account.read_account", lambda **_: {"data": [statement]}
    )
    with as_ops():
        record_customer(customer_fact(FORMULA))
        write_entry(AuditAction.SIGNED_OUT, actor=None, object_id=FORMULA)
        record_period(period_fact(version=2, pools=[pool_measured(name=FORMULA)]))
        record_margin(replace(margin, tenant=FORMULA, revenue_basis=FORMULA))
        record_customer(customer_fact("acme", version=2, name=FORMULA, plan=FORMULA))
        record_invoice(
            replace(
                invoice,
                version=2,
                customer_name=FORMULA,
                number=FORMULA,
                stripe_status=FORMULA,
                lines=[replace(line, description=FORMULA) for line in invoice.lines],
                parked_reasons=[Cause("person", text=FORMULA)],
            )
        )


class AnyOf(Client):
    """Signs in again before each request: one of the routes signs out."""

    def __init__(self, name):
        super().__init__(raise_request_exception=False)
        self.name = name

    def request(self, **request):
        with as_ops():
            sign_in(self, User.objects.get(name=self.name))
        return super().request(**request)


def routes():
    return [route for route, _ in routed_views(get_resolver().url_patterns)]


def downloads():
    """By route, the text of each answer that is a CSV, whoever may have it."""
    clients = [AnyOf(name) for name in PEOPLE]
    texts = {}
    for route in routes():
        path = "/" + route
        for parameter, value in OBJECTS.items():
            path = path.replace(parameter, value)
        for client in clients:
            answer = client.get(path)
            if answer.headers.get("Content-Type", "").startswith("text/csv"):
                texts[route] = answer.content.decode()
    return texts


def test_no_download_has_a_cell_that_a_spreadsheet_evaluates(formulas):
    texts = downloads()
    assert set(texts) == {route for route in routes() if route.endswith(".csv")}
    assert [(route, cell) for route in texts for cell in evaluated_cells(texts[route])] == []
    assert [route for route, text in texts.items() if f"'{FORMULA}" not in text] == []


def test_what_is_a_number_stays_one(month):
    text = client_of("olivia").get("/margins.csv?period=2026-10").content.decode()
    assert ",-2077.7000000001," in text
