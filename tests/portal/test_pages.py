"""Every page for its roles, with figures and without, within the content security policy."""

import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from services.portal.domain.figures import change, ratio
from services.portal.domain.period_states import freshness_state, period_state
from services.portal.models import BillState
from services.portal.operations.record_facts import record_customer, record_invoice
from shared.isolation.roles import become_owner
from shared.isolation.scope import as_ops
from shared.periods import Month
from tests.html_page import Page
from tests.portal.scenarios import client_of, customer_fact, invoice_fact

PATHS = {
    "olivia": (
        *("/overview", "/overview?period=2026-09", "/pools", "/pools?period=2026-09", "/close"),
        *("/close?period=2026-11", "/margins?view=falling", "/margins?view=no_contract"),
        *("/margins", "/margins?view=negative&sort=-margin&q=a", "/margins?period=2026-09"),
        *("/tenants/acme", "/tenants/trial", "/invoices", "/invoices/inv_acme"),
    ),
    "clara": ("/invoices", "/invoices?view=to_do", "/invoices/inv_foreign"),
    "bruno": ("/invoices", "/invoices/inv_acme"),
    "ann": ("/account", "/account/invoices/inv_acme"),
}
PAGES = [(name, path) for name, paths in PATHS.items() for path in paths]
ERRORS = [("ann", "/nothing"), ("clara", "/margins"), (None, "/sign-in"), (None, "/sign-in/x")]
QUERIES_MAX = 24


def answer_to(name, path, client):
    return (client_of(name) if name else client).get(path)


@pytest.mark.parametrize(("name", "path"), [*PAGES, *ERRORS])
class TestEveryPage:
    def test_keeps_the_content_security_policy(self, month, client, name, path):
        answer = answer_to(name, path, client)
        policy = answer["Content-Security-Policy"]
        assert "script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        page = Page(answer.content.decode())
        for tag, attributes in page.tags:
            assert "style" not in attributes
            assert not [key for key in attributes if key.startswith(("on", "hx-on"))]
            assert tag != "style"
            assert tag != "script" or attributes.get("src", "").startswith("/static/")

    def test_is_kept_by_no_cache_and_shown_in_no_frame(self, month, client, name, path):
        answer = answer_to(name, path, client)
        assert (answer["Cache-Control"], answer["X-Content-Type-Options"]) == (
            "no-store",
            "nosniff",
        )
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]

    def test_shows_no_python_and_is_one_document(self, month, client, name, path):
        page = Page(answer_to(name, path, client).content.decode())
        assert len(page.all("h1")) == 1
        for word in ("None", "Decimal(", "{{", "{%", "Money("):
            assert word not in page.words


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_a_page_asks_the_database_few_times(month, name, path):
    client = client_of(name)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    assert len(asked) <= QUERIES_MAX


class TestAnEmptyDatabase:
    @pytest.mark.parametrize(
        ("name", "path", "words"),
        [
            ("olivia", "/margins", "No bill has arrived for this month."),
            ("olivia", "/overview", "No bill has arrived for this month."),
            ("olivia", "/pools", "No bill has arrived for this month."),
            ("olivia", "/close", "No bill has arrived yet."),
            ("olivia", "/invoices", "No invoices yet."),
            ("clara", "/invoices?period=2026-10", "No invoices for this month yet."),
            ("bruno", "/invoices?view=to_do", "No invoices yet."),
            ("ann", "/account", "Nothing is charged for this month yet."),
        ],
    )
    def test_says_what_each_page_waits_for(self, cast, name, path, words):
        answer = client_of(name).get(path)
        assert answer.status_code == 200
        assert words in answer.content.decode()

    @pytest.mark.parametrize("path", ["/overview", "/margins", "/pools"])
    def test_says_what_to_do_before_the_first_bill(self, cast, path):
        page = client_of("olivia").get(path).content.decode()
        assert "trueback apply trueback.yaml" in page
        assert 'href="/sources"' in page[page.index("Three steps") :]
        assert "An operator administrator adds a source" in page

    def test_says_no_such_thing_once_a_month_is_known(self, month):
        page = client_of("olivia").get("/overview", {"period": "2019-01"}).content.decode()
        assert "No bill has arrived for this month." in page
        assert "trueback apply" not in page


class TestAPeriod:
    @pytest.mark.parametrize("period", ["2026-13", "x", "2026-10-01", "'"])
    def test_that_is_no_month_is_not_found(self, month, period):
        client = client_of("olivia")
        assert client.get("/margins", {"period": period}).status_code == 404
        assert client.get("/close", {"period": period}).status_code == 404
        assert client.post(f"/close/{period}").status_code == 404
        assert client.get("/invoices", {"period": period}).status_code == 404

    @pytest.mark.parametrize("page", ["-1", "0", "x", "²", "999999999999999999999"])
    def test_page_that_is_none_is_the_nearest(self, month, page):
        assert client_of("olivia").get("/margins", {"page": page}).status_code == 200

    def test_state_follows_the_close_and_the_clock(self):
        october = Month(2026, 10)
        assert period_state(october, is_closed=True, now=october.start) == "closed"
        assert period_state(october, is_closed=False, now=october.end) == "settling"
        before = october.end - timedelta(seconds=1)
        assert period_state(october, is_closed=False, now=before) == "open"

    def test_bill_is_said_to_be_delivered_then_and_not_to_be_complete_to_then(self, month):
        page = Page(client_of("olivia").get("/margins?period=2026-10").content.decode()).words
        with as_ops():
            at = BillState.objects.get().delivered_at
        assert f"Bill delivered {at:%-d %b %Y, %H:%M} UTC" in page

    def test_bill_is_late_after_a_day_and_a_half_unless_closed(self):
        now = datetime(2026, 11, 3, tzinfo=UTC)
        late = now - timedelta(hours=37)
        assert freshness_state(None, is_closed=True, now=now) == "unknown"
        assert freshness_state(late, is_closed=False, now=now) == "stale"
        assert freshness_state(late, is_closed=True, now=now) == "fresh"
        assert freshness_state(now, is_closed=False, now=now) == "fresh"


class TestFigures:
    def test_never_make_a_number_of_the_unknown(self):
        one = Decimal(1)
        assert ratio(None, one) is None
        assert ratio(one, Decimal(0)) is None
        assert change(one, None) is None
        assert change(None, one) is None
        assert change(one, Decimal(-2)) is None


class TestACustomersHome:
    def test_says_what_is_to_pay_and_what_changed(self, month):
        with as_ops():
            before = invoice_fact("acme", "paid", invoice_id="inv_before", period="2026-09")
            [usage, fee] = before.lines
            cheaper = [usage, fee.__class__(**{**vars(fee), "amount": Decimal("400.00")})]
            record_invoice(
                before.__class__(**{**vars(before), "lines": cheaper, "total": Decimal("497.40")})
            )
        page = Page(client_of("ann").get("/account").content.decode()).words
        assert "Platform fee is up $99.00 vs Sep." in page
        assert "ACME-0001, by 3 Dec 2026" in page

    def test_offers_to_pay_only_what_is_open(self, month):
        with as_ops():
            url = {"hosted_invoice_url": "https://pay.example/1"}
            record_invoice(invoice_fact("acme", "issued", version=2, **url))
        client = client_of("ann")
        assert b"https://pay.example/1" in client.get("/account/invoices/inv_acme").content
        with as_ops():
            record_invoice(invoice_fact("acme", "paid", version=3, **url))
        assert b"https://pay.example/1" not in client.get("/account/invoices/inv_acme").content

    def test_greets_a_customer_without_invoices_by_name(self, cast):
        with as_ops():
            record_customer(customer_fact("acme"))
        assert b"Acme &amp; Sons" in client_of("ann").get("/account").content


class TestAPageThatBreaks:
    def test_says_a_trace_number_that_the_log_has_too(self, month, caplog):
        client = client_of("olivia")
        with connection.cursor() as cursor:
            become_owner(connection)
            cursor.execute("ALTER TABLE portal_tenantmargin RENAME TO elsewhere")
            cursor.execute("RESET ROLE")
        with caplog.at_level(logging.ERROR):
            answer = client.get("/margins")
        assert answer.status_code == 500
        page = answer.content.decode()
        [trace] = [record.args[0] for record in caplog.records if "trace" in record.msg]
        assert trace in page
        assert "elsewhere" not in page


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_with_a_session_is_answered_too(cast, path):
    assert client_of("ann").get(path).json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_that_another_site_posts_to_asks_for_no_session(cast, path):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.cookies = client_of("ann").cookies
    assert client.post(path).json()["status"] == "ok"
