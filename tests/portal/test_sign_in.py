from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from services.portal.models import OneTimeLink, User
from services.portal.operations.sign_in_links import LIFETIME, create_link, use_link
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from tests.portal.scenarios import NOW, client_of


@pytest.fixture
def token(cast):
    with as_ops():
        return create_link(name="ann", now=timezone.now())


class TestALink:
    def test_signs_in_by_its_button_and_leads_home(self, token, client):
        assert b"one sign-in" in client.get(f"/sign-in/{token}").content
        answer = client.post(f"/sign-in/{token}")
        assert (answer.status_code, answer["Location"]) == (302, "/account")
        assert client.get("/account").status_code == 200

    def test_is_not_used_by_being_opened(self, token, client):
        for _ in range(3):
            client.get(f"/sign-in/{token}")
        assert client.get("/account").status_code == 302
        assert client.post(f"/sign-in/{token}").status_code == 302

    def test_works_once(self, token, client):
        client.post(f"/sign-in/{token}")
        other = Client()
        assert b"no longer works" in other.get(f"/sign-in/{token}").content
        answer = other.post(f"/sign-in/{token}")
        assert answer.status_code == 409
        assert other.get("/account").status_code == 302

    def test_works_for_a_time(self, cast):
        with as_ops():
            token = create_link(name="ann", now=NOW)
            late = NOW + LIFETIME
            assert use_link(token=token, now=late) is None
            assert use_link(token=token, now=late - timedelta(seconds=1)) is not None

    def test_of_a_person_who_was_switched_off_is_worth_nothing(self, token, client):
        with as_ops():
            User.objects.filter(name="ann").update(is_active=False)
        assert client.post(f"/sign-in/{token}").status_code == 409

    def test_is_kept_as_a_hash_alone(self, token):
        with as_ops():
            kept = OneTimeLink.objects.get()
        assert token not in (kept.token_hash, str(kept))

    def test_of_nobody_is_refused(self, cast, client):
        assert client.post("/sign-in/invented").status_code == 409

    def test_gives_a_new_session_to_who_was_signed_in_as_somebody_else(self, token):
        client = client_of("fred")
        before = client.cookies["trueback_session"].value
        client.post(f"/sign-in/{token}")
        assert client.cookies["trueback_session"].value != before
        assert b"Ann Lee" in client.get("/account").content

    def test_needs_the_forms_token(self, token):
        client = Client(enforce_csrf_checks=True)
        answer = client.post(f"/sign-in/{token}")
        assert answer.status_code == 403
        assert b"the form was open too long" in answer.content


class TestTheCommand:
    """`portal_user`, which `trueback sign-in` calls."""

    def link_of(self, *arguments):
        out = StringIO()
        call_command("portal_user", *arguments, stdout=out)
        return out.getvalue().strip().removeprefix(settings.ENVIRONMENT.public_url)

    def person(self, name):
        with as_ops():
            found = User.objects.get(name=name)
        return found.role, found.customer, found.full_name

    def test_makes_the_first_administrator(self, db, client):
        assert client.post(self.link_of("ada"))["Location"] == "/overview"
        assert self.person("ada") == ("operator_admin", "", "ada")

    @pytest.mark.parametrize("name", ["ann", "clara", "olivia"])
    def test_gives_a_known_person_a_link_and_no_other_role(self, cast, name):
        before = self.person(name)
        self.link_of(name)
        assert self.person(name) == before

    def test_gives_a_customer_no_operators_pages(self, month, client):
        client.post(self.link_of("ann"))
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
    def test_of_a_failure_holds_no_link(self, token, client, monkeypatch, caplog):
        def fail(**_):
            raise RuntimeError("the database is gone")

        monkeypatch.setattr("services.portal.views.sign_in.is_usable", fail)
        monkeypatch.setattr(caplog.handler, "level", 0)
        client.raise_request_exception = False
        assert client.get(f"/sign-in/{token}").status_code == 500
        logged = [record.getMessage() for record in caplog.records]
        assert len([line for line in logged if "/sign-in/..." in line]) == 2
        assert token not in caplog.text


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
