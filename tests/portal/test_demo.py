"""The role switch and the tour: in the demo, and nowhere else."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import get_resolver

from services.portal.config.env import PortalEnvironment
from services.portal.models import User
from services.portal.operations.record_facts import record_invoice
from services.portal.queries.tour import STOPS
from services.portal.views import demo as demo_views
from shared.isolation.scope import as_ops
from shared.vocabulary.modes import Mode
from tests.access_matrix import METHODS, routed_views
from tests.portal.scenarios import CAST, client_of, invoice_fact, record_month
from tests.service_stack import running_servers


@pytest.fixture
def demo(cast, settings):
    record_month(acme="issued", foreign="draft")
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"environment": Mode.DEMO})


def who(client):
    page = client.get("/", follow=True).content.decode()
    return re.search(r"Account: ([^\"]+)", page)[1]


def doors():
    """Every address of the URL conf that is of one mode alone."""
    found = {
        route: view.mode
        for route, view in routed_views(get_resolver().url_patterns)
        if hasattr(view, "mode")
    }
    assert len(found) >= 2
    return found


def views_of_the_demo():
    """What its module has to be asked for, whether or not the URL conf says it is the demo's."""
    return {
        route
        for route, view in routed_views(get_resolver().url_patterns)
        if view.__module__ == demo_views.__name__
    }


def in_mode(settings, mode):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"environment": mode})


class TestOutsideTheDemo:
    def test_no_address_of_it_is_there_for_anybody_by_any_method(self, month, settings):
        for route, only_mode in doors().items():
            assert "<" not in route, "a parameter that this test has no value for"
            for mode in set(Mode) - {only_mode}:
                in_mode(settings, mode)
                for name in CAST:
                    client = client_of(name)
                    for method in METHODS:
                        asked = {"name": "bruno", "stop": "1", "next": "/margins"}
                        answer = getattr(client, method)(f"/{route}", asked)
                        assert answer.status_code == 404, (route, mode, name, method)
                    assert who(client) == CAST[name][0]

    def test_not_even_a_stranger_learns_that_it_is_there(self, month, settings, client):
        for route, only_mode in doors().items():
            for mode in set(Mode) - {only_mode}:
                in_mode(settings, mode)
                assert client.post(f"/{route}", {"name": "olivia"}).status_code == 404

    def test_every_view_of_it_is_marked(self):
        assert views_of_the_demo() == set(doors())

    def test_no_page_offers_it(self, month, settings):
        for mode in set(Mode) - {Mode.DEMO}:
            in_mode(settings, mode)
            for name in CAST:
                assert b"/demo/" not in client_of(name).get("/", follow=True).content

    def test_a_customer_of_a_stack_that_is_up_becomes_no_operator(
        self, month, settings, monkeypatch
    ):
        """The attack: whoever runs `trueback up` had made a demo of it without knowing."""
        monkeypatch.setenv("TRUEBACK_ENVIRONMENT", "demo")
        up = replace(running_servers(), mode=Mode.LIVE)
        for name, value in up.service_environment("portal").items():
            monkeypatch.setenv(name, value)
        settings.ENVIRONMENT = PortalEnvironment()
        client = client_of("ann")
        assert client.get("/margins").status_code == 404
        answer = client.post("/demo/person", {"name": "olivia", "next": "/margins"})
        assert answer.status_code == 404
        assert client.get("/margins").status_code == 404
        assert who(client) == "Ann Lee"


class TestChangingThePerson:
    def test_stays_on_the_page_between_staff(self, demo):
        client = client_of("clara")
        answer = client.post("/demo/person", {"name": "bruno", "next": "/invoices/inv_foreign"})
        assert answer["Location"] == "/invoices/inv_foreign"
        assert who(client) == "Bruno Keller"

    @pytest.mark.parametrize(
        ("before", "after", "page", "leads_to"),
        [
            ("olivia", "clara", "/overview?period=2026-10", "/invoices"),
            ("ann", "olivia", "/account", "/overview"),
            ("clara", "olivia", "/invoices/inv_foreign", "/invoices/inv_foreign"),
            ("olivia", "vic", "/overview?period=2026-10", "/overview?period=2026-10"),
            ("olivia", "clara", "/no/such/page", "/invoices"),
        ],
    )
    def test_keeps_the_page_only_where_the_new_role_may_open_it(
        self, demo, before, after, page, leads_to
    ):
        client = client_of(before)
        answer = client.post("/demo/person", {"name": after, "next": page})
        assert answer["Location"] == leads_to
        assert client.get(leads_to).status_code == 200

    def test_leads_a_customer_home(self, demo):
        answer = client_of("clara").post("/demo/person", {"name": "ann", "next": "/invoices"})
        assert answer["Location"] == "/account"

    @pytest.mark.parametrize(
        "elsewhere", ["//evil.example/x", "https://evil.example", "", "foo", "/nowhere"]
    )
    def test_never_leads_elsewhere(self, demo, elsewhere):
        answer = client_of("clara").post("/demo/person", {"name": "bruno", "next": elsewhere})
        assert answer["Location"] == "/invoices"

    def test_takes_a_new_session_without_the_old_ones_right(self, demo):
        client = client_of("olivia")
        before = client.session.session_key
        client.post("/demo/person", {"name": "ann"})
        assert client.session.session_key != before
        assert client.get("/margins").status_code == 404

    def test_knows_nobody_who_is_switched_off(self, demo):
        with as_ops():
            User.objects.filter(name="bruno").update(is_active=False)
        assert client_of("clara").post("/demo/person", {"name": "bruno"}).status_code == 404

    def test_is_for_those_who_are_signed_in(self, demo, client):
        answer = client.post("/demo/person", {"name": "olivia"})
        assert answer["Location"] == "/sign-in"


class TestTheTour:
    def go(self, client, stop):
        return client.post("/demo/tour", {"stop": str(stop)})

    def test_leads_each_person_to_what_there_is_to_see(self, demo):
        client = client_of("olivia")
        seen = [(self.go(client, stop.number)["Location"], who(client)) for stop in STOPS]
        assert seen == [
            ("/margins?period=2026-10&sort=margin", "Olivia Marsh"),
            ("/tenants/foreign?period=2026-10", "Olivia Marsh"),
            ("/tenants/foreign/plans?period=2026-10", "Olivia Marsh"),
            ("/invoices/inv_foreign", "Clara Diaz"),
            ("/", "Ann Lee"),
        ]

    def test_says_where_one_is_and_what_comes_next(self, demo):
        client = client_of("olivia")
        page = client.get(self.go(client, 2)["Location"]).content.decode()
        assert "stop 2 of 5" in page
        assert "Next: What would fix it" in page

    def test_goes_on_when_the_person_is_changed(self, demo):
        client = client_of("olivia")
        self.go(client, 4)
        client.post("/demo/person", {"name": "bruno", "next": "/invoices"})
        assert "stop 4 of 5" in client.get("/invoices").content.decode()

    def test_names_no_other_customer_on_a_customers_page(self, demo):
        client = client_of("olivia")
        self.go(client, 5)
        page = client.get("/account").content.decode()
        assert "stop 5 of 5" in page
        assert "Foreign" not in page.replace("Fred Foreign", "").replace("of foreign", "")

    @pytest.mark.parametrize("stop", ["", "x", "6", "9" * 5000, "-1"])
    def test_has_no_stop_but_its_own(self, demo, stop):
        assert client_of("olivia").post("/demo/tour", {"stop": stop})["Location"] == "/"

    def test_ends(self, demo):
        client = client_of("olivia")
        self.go(client, 3)
        self.go(client, 0)
        assert "stop 3" not in client.get("/margins").content.decode()

    @pytest.mark.parametrize("name", ["vic", "bruno"])
    def test_ends_as_the_person_who_began_it(self, demo, name):
        client = client_of(name)
        began = who(client)
        for stop in (1, 4, 5, 0):
            self.go(client, stop)
        assert who(client) == began
        self.go(client, 4)
        client.post("/demo/person", {"name": "olivia", "next": "/overview"})
        self.go(client, 0)
        assert who(client) == began

    def test_ends_where_one_is_when_that_person_is_switched_off(self, demo):
        client = client_of("vic")
        self.go(client, 4)
        with as_ops():
            User.objects.filter(name="vic").update(is_active=False)
        self.go(client, 0)
        assert who(client) == "Clara Diaz"

    def test_says_whom_one_looks_as_where_that_changes(self, demo):
        client = client_of("olivia")
        pages = {n: client.get(self.go(client, n)["Location"], follow=True) for n in (2, 4, 5)}
        words = {n: page.content.decode() for n, page in pages.items()}
        assert "You are" not in words[2]
        assert "You are Clara Diaz now (Billing, clerk)." in words[4]
        assert "You are Ann Lee now (Administrator)." in words[5]

    def test_names_the_button_that_there_is_to_press(self, demo):
        client = client_of("olivia")
        page = client.get(self.go(client, 4)["Location"]).content.decode()
        assert "presses Send to review" in page
        assert page.count("Send to review") == 2

    def test_prefers_a_draft_that_nothing_has_restated(self, demo):
        with as_ops():
            record_invoice(
                invoice_fact("foreign", "draft", version=2, restated_by=Decimal("-1.00"))
            )
            record_invoice(invoice_fact("acme", "draft", invoice_id="inv_clean"))
        assert self.go(client_of("olivia"), 4)["Location"] == "/invoices/inv_clean"

    def test_leads_home_where_nothing_has_been_attributed(self, cast, settings):
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"environment": Mode.DEMO})
        client = client_of("olivia")
        assert [self.go(client, stop.number)["Location"] for stop in STOPS] == ["/"] * 5
