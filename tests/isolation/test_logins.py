"""The logins of a stack at a real database: what each can become, and whose rows it sees.

Other suites have one connection for all roles; these are the true ones, and whoever holds one here
may run any SQL.
"""

import json
import secrets
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from deploy.local.credentials import DATABASE_ROLES
from deploy.local.servers import provision_servers, start_servers
from deploy.local.stack import Stack
from shared.auth.subjects import read_subject_keys, sign_subject
from shared.runtime.environment import ServiceEnvironment

SERVICES = ("ingestion", "attribution", "invoicing", "portal")
_NOT_ALLOWED = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)
_SEEN = "select string_agg(customer_id, ',' order by customer_id) from portal_customeraccount"


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    home.chmod(0o755)
    with start_servers(home, only={"postgres"}) as servers:
        stack = Stack(servers)
        for service in SERVICES:
            stack.run_manage(service, "migrate", "--verbosity", "0")
        with _admin(servers) as admin:
            for customer in ("acme", "globex"):
                admin.execute(
                    "insert into portal_customeraccount"
                    " (customer_id, name, email, tenants, plan, disclosure, version)"
                    " values (%s, %s, '', '[]', '', 'cost', 1)",
                    [customer, customer],
                )
        yield servers
    servers.home.reset()  # as root its PostgreSQL lies where `nobody` can reach it


def _admin(servers):
    """Of PostgreSQL itself, whom no row security binds, in the portal's database."""
    url = servers.postgres_url.rpartition("/")[0] + "/portal"
    return psycopg.connect(url, autocommit=True)


@pytest.fixture
def customer(servers):
    """Whoever has the login of customers' requests, in the role that they run as."""
    with psycopg.connect(servers.database_url("portal", "app")) as connection:
        connection.execute("set role portal_app")
        yield connection


def seen(connection, subject):
    connection.execute("select set_config('app.subject', %s, true)", [subject])
    return connection.execute(_SEEN).fetchone()[0]


def signed(servers, key="acme", *, kind="customer", hours=1, keys=None):
    return sign_subject(
        kind,
        key,
        until=datetime.now(UTC) + timedelta(hours=hours),
        keys=keys or read_subject_keys(servers.credentials.subject_keys_file),
    )


class TestASession:
    """What PostgreSQL itself says of it, by the options that a process connects with."""

    def limits_of(self, servers, **urls):
        environment = ServiceEnvironment.model_construct(
            database_ops_url=servers.database_url("portal", "ops"), **urls
        )
        [options] = {each["OPTIONS"]["options"] for each in environment.databases().values()}
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        with psycopg.connect(environment.database_ops_url, options=options) as session:
            return [session.execute(f"show {name}").fetchone()[0] for name in names]

    def test_of_who_answers_requests_ends_what_takes_seconds(self, servers):
        customers = servers.database_url("portal", "app")
        assert self.limits_of(servers, database_url=customers) == ["15s", "10s", "1min"]

    def test_of_jobs_and_facts_ends_what_takes_minutes(self, servers):
        assert self.limits_of(servers, database_url=None) == ["5min", "1min", "5min"]


class TestALogin:
    @pytest.mark.parametrize("service", SERVICES)
    def test_reaches_its_own_role_and_no_other(self, servers, service):
        for role in DATABASE_ROLES:
            with psycopg.connect(servers.database_url(service, role), autocommit=True) as login:
                login.execute(f"set role {service}_{role}")
                others = {f"{service}_{other}" for other in DATABASE_ROLES if other != role}
                for other in [*others, "postgres", *(f"{other}_login" for other in others)]:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        login.execute(f"set role {other}")

    @pytest.mark.parametrize("service", SERVICES)
    def test_keeps_tenants_apart_by_what_the_database_says(self, servers, service):
        assert "row-level security" in Stack(servers).run_manage(service, "check_rls")

    def test_that_can_become_another_is_found(self, servers):
        with _admin(servers) as admin:
            admin.execute("grant portal_ops to portal_app_login")
            try:
                with pytest.raises(Exception, match="a login that can become portal_ops"):
                    Stack(servers).run_manage("portal", "check_rls")
            finally:
                admin.execute("revoke portal_ops from portal_app_login")

    def test_is_not_given_to_processes_that_answer_no_customer(self, servers):
        worker = servers.service_environment("portal")
        assert not {"TRUEBACK_DATABASE_URL", "TRUEBACK_DATABASE_OWNER_URL"} & worker.keys()
        assert "TRUEBACK_DATABASE_OWNER_URL" not in servers.web_environment("portal")


class TestASubject:
    def test_shows_its_rows_and_no_other(self, servers, customer):
        assert seen(customer, signed(servers, "acme")) == "acme"
        assert seen(customer, signed(servers, "globex")) == "globex"

    def test_that_is_stated_and_not_signed_shows_nothing(self, customer):
        assert seen(customer, "acme") is None
        assert seen(customer, "") is None

    def test_of_another_key_shows_nothing(self, servers, customer):
        own = read_subject_keys(servers.credentials.subject_keys_file)
        made_up = {name: secrets.token_bytes(32) for name in own}
        assert seen(customer, signed(servers, keys=made_up)) is None
        assert seen(customer, signed(servers, keys={"unknown": secrets.token_bytes(32)})) is None

    def test_that_has_ended_shows_nothing(self, servers, customer):
        assert seen(customer, signed(servers, hours=-0.001)) is None

    def test_of_another_kind_shows_nothing(self, servers, customer):
        assert seen(customer, signed(servers, kind="tenant")) is None

    @pytest.mark.parametrize("part", range(5))
    def test_that_was_changed_in_any_part_shows_nothing(self, servers, customer, part):
        parts = signed(servers).split("|")
        changed = ["customers", "99999999999", "2", "0" * 64, "globex"]
        parts[part] = changed[part]
        assert seen(customer, "|".join(parts)) is None

    def test_may_hold_any_sign(self, servers, customer):
        for key in ("a|b", "ü'; --", "line\nbreak", "x" * 100):
            seen(customer, signed(servers, key))
            assert customer.execute("select subject('customer')").fetchone() == (key,)


class TestWhoeverRunsSqlAsACustomer:
    @pytest.mark.parametrize(
        "statement",
        [
            "select * from subject_key",
            "insert into subject_key values ('x', '', '')",
            "alter table portal_customeraccount disable row level security",
            "alter table portal_customeraccount no force row level security",
            "drop policy subject_rows on portal_customeraccount",
            "alter policy subject_rows on portal_customeraccount using (true)",
            "create or replace function subject(kind text) returns text language sql as $$ $$",
            "create function public.sha256(bytea) returns bytea language sql as $$ select $1 $$",
            "create table public.mine (a int)",
            "select * from portal_tenantmargin",
            "select * from django_session",
            "select * from portal_user",
            "reset role",
        ],
    )
    def test_gets_no_further(self, servers, customer, statement):
        if statement == "reset role":
            customer.execute(statement)
            statement = _SEEN
        with pytest.raises(_NOT_ALLOWED):
            customer.execute(statement)

    def test_is_not_deceived_by_functions_of_his_own(self, servers, customer):
        """The function of the owner takes its own from `pg_catalog`, whatever the search path."""
        customer.execute("set search_path = pg_temp, public")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            customer.execute(
                "create function pg_temp.regexp_match(text, text) returns text[] language sql as"
                " $$ select array['customer', '99999999999', '1', '', 'globex'] $$"
            )


class TestARotationOfKeys:
    def test_takes_both_until_the_old_one_is_left_out(self, servers, customer):
        file = servers.credentials.subject_keys_file
        old = json.loads(file.read_text())
        by_old = signed(servers)
        new = {"2": secrets.token_hex(32)}
        try:
            file.write_text(json.dumps(old | new))
            Stack(servers).run_manage("portal", "migrate", "--verbosity", "0")
            by_new = signed(servers)
            assert by_new.split("|")[2] == "2"
            assert seen(customer, by_old) == seen(customer, by_new) == "acme"
            file.write_text(json.dumps(new))
            customer.rollback()
            customer.execute("set role portal_app")
            Stack(servers).run_manage("portal", "migrate", "--verbosity", "0")
            assert seen(customer, by_old) is None
            assert seen(customer, by_new) == "acme"
        finally:
            file.write_text(json.dumps(old))
            Stack(servers).run_manage("portal", "migrate", "--verbosity", "0")


class TestADatabaseOfTheFormerRelease:
    def test_is_provisioned_anew_without_loss(self, servers):
        """One login, which could become the owner."""
        with _admin(servers) as admin:
            admin.execute("create role portal_login login noinherit")
            for role in DATABASE_ROLES:
                admin.execute(f"grant portal_{role} to portal_login")
            admin.execute("grant connect on database portal to portal_login")
            admin.execute("grant usage on schema public to portal_login")
            provision_servers(servers, {"postgres"})
            assert admin.execute(
                "select count(*) from pg_roles where rolname = 'portal_login'"
            ).fetchone() == (0,)
            assert admin.execute(_SEEN).fetchone() == ("acme,globex",)
