import logging
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from services.portal.models import OneTimeLink, User
from services.portal.operations.sign_in_links import LIFETIME, create_link, use_link
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.runtime.log import LogLine
from tests.portal.scenarios import NOW, client_of


@pytest.fixture
def log(monkeypatch):
    """What the process writes down, by the handler of its settings."""
    written = StringIO()
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, LogLine):
            monkeypatch.setattr(handler, "stream", written)
    monkeypatch.setattr(logging.getLogger("django.request"), "level", logging.WARNING)
    return written


@pytest.fixture
def token(cast):
    with as_ops():
        return create_link(name="ann", now=timezone.now())


def use(client, token, **more):
    return client.post("/sign-in", {"token": token}, **more)


def is_worth_something(token):
    return b"one sign-in" in Client().get(f"/sign-in/{token}").content


class TestALink:
    def test_signs_in_by_its_button_and_leads_home(self, token, client):
        page = client.get(f"/sign-in/{token}").content.decode()
        assert f'<input type="hidden" name="token" value="{token}">' in page
        assert 'action="/sign-in"' in page
        answer = use(client, token)
        assert (answer.status_code, answer["Location"]) == (302, "/account")
        assert client.get("/account").status_code == 200

    def test_is_not_used_by_being_opened(self, token, client):
        for _ in range(3):
            client.get(f"/sign-in/{token}")
            client.head(f"/sign-in/{token}")
        assert client.get("/account").status_code == 302
        assert use(client, token).status_code == 302

    def test_sets_and_sends_nothing_where_it_is_opened(self, token, client):
        answer = client.get(f"/sign-in/{token}")
        assert answer["Referrer-Policy"] == "strict-origin"
        assert answer["Cache-Control"] == "no-store"
        assert set(answer.cookies) == {"trueback_csrf"}

    def test_works_once(self, token, client):
        use(client, token)
        other = Client()
        assert b"no longer works" in other.get(f"/sign-in/{token}").content
        assert use(other, token).status_code == 409
        assert other.get("/account").status_code == 302

    def test_works_for_a_quarter_of_an_hour(self, cast):
        assert timedelta(minutes=15) == LIFETIME
        with as_ops():
            token = create_link(name="ann", now=NOW)
            late = NOW + LIFETIME
            assert use_link(token=token, now=late) is None
            assert use_link(token=token, now=late - timedelta(seconds=1)) is not None

    def test_of_a_person_who_was_switched_off_is_worth_nothing(self, token, client):
        with as_ops():
            User.objects.filter(name="ann").update(is_active=False)
        assert use(client, token).status_code == 409
        with as_ops():
            User.objects.filter(name="ann").update(is_active=True)
        assert use(client, token).status_code == 409

    def test_is_kept_as_a_hash_alone(self, token):
        with as_ops():
            kept = OneTimeLink.objects.get()
        assert token not in (kept.token_hash, str(kept))

    def test_of_nobody_is_refused(self, cast, client):
        assert use(client, "invented").status_code == 409
        assert client.post("/sign-in").status_code == 409

    def test_gives_a_new_session_to_who_was_signed_in_as_somebody_else(self, token):
        client = client_of("fred")
        before = client.cookies["trueback_session"].value
        use(client, token)
        assert client.cookies["trueback_session"].value != before
        assert b"Ann Lee" in client.get("/account").content


def post_without_the_forms_token(token):
    return use(Client(enforce_csrf_checks=True), token)


def post_from_another_site(token):
    return use(Client(enforce_csrf_checks=True), token, HTTP_ORIGIN="https://elsewhere.example")


def post_to_its_address_without_the_forms_token(token):
    return Client(enforce_csrf_checks=True).post(f"/sign-in/{token}")


def post_to_its_address(token):
    return Client().post(f"/sign-in/{token}")


def delete_its_address(token):
    return Client().delete(f"/sign-in/{token}")


REFUSALS = [
    post_without_the_forms_token,
    post_from_another_site,
    post_to_its_address_without_the_forms_token,
    post_to_its_address,
    delete_its_address,
]


class TestARefusedSignIn:
    @pytest.mark.parametrize("refused", REFUSALS)
    def test_uses_up_the_link_and_logs_nothing_of_it(self, token, log, refused):
        assert is_worth_something(token)
        status = refused(token).status_code
        assert status in {403, 405}
        # Whether Django logs a method that isn't taken, too, hangs on what was logged before.
        assert log.getvalue() or status == 405
        assert token not in log.getvalue()
        assert not is_worth_something(token)
        assert use(Client(), token).status_code == 409

    def test_says_what_to_do(self, token):
        assert b"the form was open too long" in post_without_the_forms_token(token).content


class TestTheCommand:
    """`portal_user`, which `trueback sign-in` calls."""

    def link_of(self, *arguments):
        out = StringIO()
        call_command("portal_user", *arguments, stdout=out)
        return out.getvalue().strip().removeprefix(settings.ENVIRONMENT.public_url)

    def opened(self, client, name):
        return use(client, self.link_of(name).removeprefix("/sign-in/"))

    def person(self, name):
        with as_ops():
            found = User.objects.get(name=name)
        return found.role, found.customer, found.full_name

    def test_makes_the_first_administrator(self, db, client):
        assert self.opened(client, "ada")["Location"] == "/overview"
        assert self.person("ada") == ("operator_admin", "", "ada")

    @pytest.mark.parametrize("name", ["ann", "clara", "olivia"])
    def test_gives_a_known_person_a_link_and_no_other_role(self, cast, name):
        before = self.person(name)
        self.link_of(name)
        assert self.person(name) == before

    def test_gives_a_customer_no_operators_pages(self, month, client):
        self.opened(client, "ann")
        assert client.get("/margins").status_code == 404

    def test_changes_what_it_is_told_to(self, cast):
        self.link_of("clara", "--role", "billing_approver")
        assert self.person("clara") == ("billing_approver", "", "Clara Diaz")
        self.link_of("ann", "--role", "customer_member")
        assert self.person("ann") == ("customer_member", "acme", "Ann Lee")
        self.link_of("ann", "--role", "operator_viewer", "--full-name", "Ann Miller")
        assert self.person("ann") == ("operator_viewer", "", "Ann Miller")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("zoe", "--customer", "acme"),
            ("zoe", "--role", "customer_admin"),
            ("clara", "--customer", "acme"),
            ("clara", "--role", "customer_admin"),
        ],
    )
    def test_makes_nobody_half_a_customer(self, cast, arguments):
        with as_ops():
            before = list(User.objects.values_list().order_by("name"))
        with pytest.raises(BadConfiguration, match="Give --customer with --role customer_member"):
            self.link_of(*arguments)
        with as_ops():
            assert list(User.objects.values_list().order_by("name")) == before


class TestTheLog:
    def test_of_a_failure_holds_no_link(self, token, client, monkeypatch, log):
        def fail(**given):
            raise RuntimeError(f"the database is gone with {given} of /sign-in/{token}")

        monkeypatch.setattr("services.portal.views.sign_in.is_usable", fail)
        client.raise_request_exception = False
        assert client.get(f"/sign-in/{token}").status_code == 500
        assert log.getvalue().count("/sign-in/...") >= 3
        assert f"/sign-in/{token}" not in log.getvalue()


class TestTheDatabasesLog:
    def test_holds_no_statement_that_failed(self, db):
        with connection.cursor() as cursor:
            cursor.execute("show log_min_error_statement")
            assert cursor.fetchone() == ("panic",)


class TestSigningOut:
    @pytest.mark.parametrize("name", ["olivia", "ann"])
    def test_ends_the_session(self, cast, name):
        client = client_of(name)
        answer = client.post("/sign-out")
        assert answer["Location"] == "/sign-in?signed_out=1"
        assert b"You are signed out." in client.get(answer["Location"]).content
        assert client.get("/")["Location"] == "/sign-in"

    def test_is_not_done_by_a_link(self, cast):
        client = client_of("olivia")
        assert client.get("/sign-out").status_code == 405
        assert client.get("/margins").status_code == 200


class TestTheKeySet:
    def test_is_public_and_holds_no_secret(self, db, client):
        keys = client.get("/.well-known/jwks.json").json()["keys"]
        assert [set(key) for key in keys] == [{"kty", "crv", "alg", "use", "kid", "x"}]
