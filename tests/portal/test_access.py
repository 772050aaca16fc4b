"""Who sees what: roles, and a customer who gets nothing of anybody else's on any route."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from services.portal.models import User
from services.portal.operations.record_facts import record_invoice
from services.portal.views.access import EVERYONE
from shared.contracts.invoicing import Cause
from shared.isolation.scope import as_ops
from shared.vocabulary.roles import ANALYSTS, BILLING, CUSTOMERS, OPERATORS, Role
from tests.access_matrix import leaks
from tests.every_service import switch_off
from tests.portal.scenarios import client_of, invoice_fact, sign_in
from tests.tokens import subject_of

FOREIGN = {
    "<str:id>": "inv_foreign",
    "<str:action>": "submit",
    "<str:key>": "foreign",
    "<str:route>": "goodwill",
    "<str:note>": "cn_foreign",
    "<str:period>": "2026-10",
    "<str:token>": "nobody-has-this-token",
}
MARKS = (
    *("Foreign & Sons", "Foreign &amp; Sons", "ap@foreign.example", "FOREIGN-0001", "inv_foreign"),
    *("7077.7", "7,077.70", "8,468.", "8968."),
)
PUBLIC = frozenset({"sign-in/<str:token>"})
READS = {
    "/overview": OPERATORS,
    "/pools": OPERATORS,
    "/pools.csv": OPERATORS,
    "/close": OPERATORS,
    "/sources": OPERATORS,
    "/changes": ANALYSTS,
    "/health": ANALYSTS,
    "/tenants/acme/costs.csv": OPERATORS,
    "/margins": OPERATORS,
    "/margins.csv": OPERATORS,
    "/tenants/acme": OPERATORS,
    "/tenants/acme/plans": OPERATORS,
    "/tenants/acme/why": (*OPERATORS, *BILLING),
    "/invoices": (*OPERATORS, *BILLING),
    "/invoices/inv_acme": (*OPERATORS, *BILLING),
    "/invoices.csv": (*OPERATORS, *BILLING),
    "/corrections/2026-10": (*OPERATORS, *BILLING),
    "/customers/acme/account": (*OPERATORS, *BILLING),
    "/account/statement": CUSTOMERS,
    "/account": CUSTOMERS,
    "/account/breakdown": CUSTOMERS,
    "/account/breakdown.csv": CUSTOMERS,
    "/account/invoices.csv": CUSTOMERS,
    "/account/invoices/inv_acme": CUSTOMERS,
}


class Ann(Client):
    """Signs in again before each request: one of the routes signs out."""

    def request(self, **request):
        with as_ops():
            sign_in(self, User.objects.get(name="ann"))
        return super().request(**request)


def leaks_to_ann():
    client = Ann(raise_request_exception=False)
    return leaks(client, FOREIGN, marks=MARKS, public=PUBLIC, unread=frozenset({405}))


class TestACustomer:
    def test_gets_404_for_every_other_customers_object_on_every_route(self, month):
        assert leaks_to_ann() == []

    def test_is_kept_apart_by_the_database_alone(self, month):
        switch_off("portal_customerinvoice")
        assert [leak for leak in leaks_to_ann() if "/account/invoices/inv_foreign" in leak]

    def test_reads_its_account_by_row_security_alone(self, month):
        client = client_of("fred")
        assert b"Foreign &amp; Sons" in client.get("/account").content
        with as_ops():
            User.objects.filter(name="fred").update(customer="unknown")
        client = client_of("fred")
        assert b"&amp; Sons" not in client.get("/account").content
        switch_off("portal_customeraccount")
        assert b"&amp; Sons" in client.get("/account").content

    def test_has_to_sign_in_again_where_its_subject_is_not_its_own_any_more(self, month):
        """Moved to another customer, or the subject has ended: the session is over."""
        client = client_of("fred")
        with as_ops():
            User.objects.filter(name="fred").update(customer="acme")
        assert client.get("/account").headers["Location"] == "/sign-in"
        client = client_of("ann")
        session = client.session
        ended = subject_of("acme", until=datetime(2026, 1, 1, tzinfo=UTC))
        with as_ops():
            session["subject"] = ended
            session.save()
        assert client.get("/account").headers["Location"] == "/sign-in"
        assert client.get("/account").headers["Location"].startswith("/sign-in")

    def test_sees_its_own_invoice(self, month):
        answer = client_of("ann").get("/account/invoices/inv_acme")
        assert answer.status_code == 200
        assert b"ACME-0001" in answer.content

    @pytest.mark.parametrize("state", ["draft", "in_review", "approved", "issuing", "parked"])
    def test_does_not_see_its_own_invoice_before_it_is_issued(self, cast, state):
        with as_ops():
            record_invoice(
                invoice_fact(
                    "acme", state, parked_reasons=[Cause("person", text="Staffonly: too high.")]
                )
            )
        client = client_of("ann")
        assert client.get("/account/invoices/inv_acme").status_code == 404
        home = client.get("/account").content.decode()
        assert "No invoices yet." in home
        assert "Staffonly" not in home

    @pytest.mark.parametrize(
        "path",
        [
            *("/account", "/account/invoices/inv_acme", "/account/breakdown.csv"),
            *("/account/breakdown", "/account/invoices.csv"),
        ],
    )
    def test_sees_no_cost_margin_history_or_parked_reason(self, month, path):
        with as_ops():
            fact = invoice_fact(
                "acme", "issued", version=2, parked_reasons=[Cause("person", text="Staffonly: x")]
            )
            record_invoice(fact)
        page = client_of("ann").get(path).content.decode().replace('class="sharebar"', "")
        marks = ("81.17", "101.17", "101.1", "argin", "Staffonly", "cost", "20 %", "20%", "share")
        assert [mark for mark in marks if mark in page] == []

    def test_sees_cost_where_the_contract_is_open_book_and_never_the_margin(self, month):
        with as_ops():
            record_invoice(invoice_fact("acme", "issued", version=2, disclosure="open_book"))
        page = client_of("ann").get("/account/invoices/inv_acme").content.decode()
        assert "81.17" in page
        assert "cost plus 20%" in page
        assert "argin" not in page

    def test_loses_access_at_once_when_switched_off(self, month):
        client = client_of("ann")
        with as_ops():
            User.objects.filter(name="ann").update(is_active=False)
        assert client.get("/account")["Location"] == "/sign-in"


class TestRoles:
    @pytest.mark.parametrize("path", READS)
    @pytest.mark.parametrize("name", ["olivia", "vic", "clara", "bruno", "ann"])
    def test_each_page_is_for_its_roles_alone(self, month, name, path):
        client = client_of(name)
        with as_ops():
            role = User.objects.get(name=name).role
        refused = 404 if role in CUSTOMERS else 403
        assert client.get(path).status_code == (200 if role in READS[path] else refused)

    @pytest.mark.parametrize("path", [*READS, "/"])
    def test_a_stranger_is_asked_to_sign_in(self, month, client, path):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in")

    @pytest.mark.parametrize(
        ("name", "home"),
        [("olivia", "/overview"), ("clara", "/invoices"), ("ann", "/account")],
    )
    def test_the_first_page_is_the_roles_own(self, cast, name, home):
        assert client_of(name).get("/")["Location"] == home

    def test_a_refusal_names_the_role_that_may(self, month):
        page = client_of("clara").get("/margins").content.decode()
        assert "operator viewer or operator analyst or operator admin" in page

    @pytest.mark.parametrize("name", ["olivia", "vic", "ann"])
    def test_only_billing_acts_on_invoices(self, month, name):
        answer = client_of(name).post("/invoices/inv_acme/submit", {"version": 1})
        assert answer.status_code == (404 if name == "ann" else 403)

    @pytest.mark.parametrize("name", ["vic", "clara", "bruno", "ann"])
    def test_only_an_operator_admin_closes_a_month(self, month, name):
        answer = client_of(name).post("/close/2026-10", {"reason-proof_holds": "because"})
        assert answer.status_code == (404 if name == "ann" else 403)

    def test_every_view_names_its_roles(self):
        unnamed = [
            str(item.pattern)
            for item in _views(get_resolver().url_patterns)
            if not hasattr(item.callback, "roles") and str(item.pattern) not in {"livez", "readyz"}
        ]
        assert unnamed == []

    def test_a_view_can_not_name_a_role_that_does_not_exist(self):
        named = {role for item in _views(get_resolver().url_patterns)
                 for role in getattr(item.callback, "roles", ())}  # fmt: skip
        assert named <= {*Role, *EVERYONE}


def _views(patterns):
    for item in patterns:
        if isinstance(item, URLResolver):
            yield from _views(item.url_patterns)
        else:
            yield item
