"""Whoever has a service's login at the database and runs any SQL."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg import sql

from deploy.local.credentials import DATABASE_ROLES
from shared.auth.subjects import sign_subject
from shared.runtime.environment import ServiceEnvironment
from tests.attacks.attack import Case, attack
from tests.attacks.victim import SERVICES, Victim

_NO_RIGHT: Final = (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedTable)
_SCOPED: Final = (
    "select distinct tablename from pg_policies"
    " where policyname = 'subject_rows' and schemaname = 'public' order by 1"
)
_STATEMENTS: Final = (
    "select * from subject_key",
    "insert into subject_key values ('x', '', '')",
    "create table public.mine (a int)",
    "create function public.sha256(bytea) returns bytea language sql as $$ select $1 $$",
    "create or replace function subject(kind text) returns text language sql as $$ $$",
    "copy (select 1) to program 'id'",
    "select pg_read_file('/etc/passwd')",
    "alter system set log_statement = 'all'",
    "select * from {service}_outbox",
    "select * from {service}_job",
)
_OF_A_TABLE: Final = (
    "alter table {table} disable row level security",
    "alter table {table} no force row level security",
    "drop policy subject_rows on {table}",
    "alter policy subject_rows on {table} using (true)",
    "truncate {table}",
)


@attack("the owner's rights, or another role's, with the login of one process")
def another_role(victim: Victim) -> Iterator[Case]:
    for service in SERVICES:
        for role in DATABASE_ROLES:
            others = {f"{name}_{other}" for name in SERVICES for other in DATABASE_ROLES}
            for other in sorted({*others, "postgres"} - {f"{service}_{role}"}):
                yield Case(
                    f"{service}.{role} becomes {other}", _become(victim, service, role, other)
                )


def _become(victim: Victim, service: str, role: str, other: str) -> str:
    url = victim.stack.servers.database_url(service, role)
    with _login(victim, url) as login:
        try:
            login.execute(sql.SQL("set role {}").format(sql.Identifier(other)))
        except psycopg.errors.InsufficientPrivilege:
            return ""
    return "it did"


_logins: dict[str, psycopg.Connection[Any]] = {}


@contextmanager
def _login(_victim: Victim, url: str) -> Iterator[psycopg.Connection[Any]]:
    """Kept: each would be a process of PostgreSQL's."""
    if url not in _logins:
        _logins[url] = psycopg.connect(url, autocommit=True, connect_timeout=5)
    try:
        yield _logins[url]
    finally:
        _logins[url].execute("reset role")


@contextmanager
def _as_customer(victim: Victim, service: str) -> Iterator[psycopg.Connection[Any]]:
    with _login(victim, victim.stack.servers.database_url(service, "app")) as login:
        login.execute(sql.SQL("set role {}").format(sql.Identifier(f"{service}_app")))
        yield login


@attack("row security switched off, the keys of subjects, or files of the server")
def sql_of_a_customer(victim: Victim) -> Iterator[Case]:
    for service in SERVICES:
        tables = [table for (table,) in victim.rows(service, _SCOPED)]
        made = [
            *(text.replace("{service}", service) for text in _STATEMENTS),
            *(text.replace("{table}", table) for table in tables for text in _OF_A_TABLE),
        ]
        with _as_customer(victim, service) as login:
            for statement in made:
                yield Case(f"{service}: {statement}", _run(login, statement))


def _run(login: psycopg.Connection[Any], statement: str) -> str:
    try:
        login.execute(statement.encode())
    except _NO_RIGHT:
        return ""
    except psycopg.Error as error:
        return f"refused for another reason: {error}"
    return "the database did it"


@attack("another customer's rows, by a subject that is stated, made up, ended or changed")
def forged_subjects(victim: Victim) -> Iterator[Case]:
    theirs = victim.theirs["customer"]
    now = datetime.now(UTC)
    true = victim.fred.subject
    parts = true.split("|")
    forged = {
        "stated": theirs,
        "empty": "",
        "a key of its own": sign_subject(
            "customer", theirs, until=now + timedelta(hours=1), keys={"1": secrets.token_bytes(32)}
        ),
        "an empty key": sign_subject(
            "customer", theirs, until=now + timedelta(hours=1), keys={"1": b""}
        ),
        "Ann's, for Fred": "|".join([*victim.ann.subject.split("|")[:4], theirs]),
        "a later end": "|".join([parts[0], "99999999999", *parts[2:]]),
        "another kind": "|".join(["staff", *parts[1:]]),
        "a quote": f"{true}' or true --",
    }
    seen = _rows_seen(victim, "portal", true)
    yield Case("the true one shows rows", "" if seen else "it shows nothing: no attack can be told")
    for name, subject in forged.items():
        for service in ("portal", "invoicing"):
            seen = _rows_seen(victim, service, subject)
            yield Case(f"{service}: {name}", f"it shows {seen} rows" if seen else "")


def _rows_seen(victim: Victim, service: str, subject: str) -> int:
    tables = [table for (table,) in victim.rows(service, _SCOPED)]
    with _as_customer(victim, service) as login:
        login.execute("select set_config('app.subject', %s, false)", [subject])
        return sum(
            login.execute(
                sql.SQL("select count(*) from {}").format(sql.Identifier(table))
            ).fetchall()[0][0]
            for table in tables
        )


@attack("rows of another customer with a true subject of one's own")
def rows_of_others(victim: Victim) -> Iterator[Case]:
    mine = victim.mine["customer"]
    for service in ("portal", "invoicing"):
        for (table,) in victim.rows(service, _SCOPED):
            with _as_customer(victim, service) as login:
                login.execute("select set_config('app.subject', %s, false)", [victim.ann.subject])
                query = sql.SQL("select count(*) from {} where customer_id <> %s")
                count = login.execute(query.format(sql.Identifier(table)), [mine]).fetchall()[0][0]
            yield Case(f"{service}: {table}", f"{count} rows of others" if count else "")


@attack("a statement or a lock that holds up a service for as long as it likes")
def endless_statements(victim: Victim) -> Iterator[Case]:
    """The options are those that a process connects with; PostgreSQL says what they come to."""
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    for service in SERVICES:
        for role in ("app", "ops"):
            url = victim.stack.servers.database_url(service, role)
            urls = {"database_ops_url": victim.stack.servers.database_url(service, "ops")}
            urls |= {"database_url": url} if role == "app" else {"database_url": None}
            databases = ServiceEnvironment.model_construct(**urls).databases()
            options = {each["OPTIONS"]["options"] for each in databases.values()}
            for option in options:
                with psycopg.connect(url, options=option) as session:
                    shown = [session.execute(f"show {name}".encode()).fetchone() for name in names]
                endless = [
                    name for name, value in zip(names, shown, strict=True) if value == ("0",)
                ]
                yield Case(f"{service}.{role}", f"no {', '.join(endless)}" if endless else "")


@attack("the audit log changed by whoever has a service")
def audit_log_rewritten(victim: Victim) -> Iterator[Case]:
    for service in SERVICES:
        query = "select relname from pg_class where relkind = 'r' and relname like '%%_audit%%'"
        [table] = {name for (name,) in victim.rows(service, query, *())}
        for role, statements in {
            "ops": ("update {t} set actor = ''", "delete from {t}", "truncate {t}"),
            "app": ("select * from {t}", "insert into {t} (actor) values ('')", "delete from {t}"),
            "owner": ("delete from {t}", "update {t} set actor = ''"),
        }.items():
            with _login(victim, victim.stack.servers.database_url(service, role)) as login:
                login.execute(sql.SQL("set role {}").format(sql.Identifier(f"{service}_{role}")))
                for statement in statements:
                    done = _changed(login, statement.replace("{t}", table))
                    yield Case(f"{service}.{role}: {statement}", done)


def _changed(login: psycopg.Connection[Any], statement: str) -> str:
    try:
        login.execute(statement.encode())
    except psycopg.DatabaseError as error:
        is_refused = "permission denied" in str(error) or "never changed" in str(error)
        return "" if is_refused else f"refused for another reason: {error}"
    return "the database did it"
