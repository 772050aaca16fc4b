"""Whoever has the database itself changes what was done to an invoice, or forgets it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg import sql

from shared.faults import Fault
from tests.attacks.attack import Case, attack
from tests.attacks.victim import Victim, until

_TABLES: Final = ("invoicing_transition", "invoicing_documentseal")
_ANCHORED_SECONDS: Final = 30
_ANCHORED: Final = "select 1 from invoicing_job where kind = 'anchor_documents' and state = 'done'"
_CHANGED: Final = """
    update invoicing_transition set actor = 'bruno'
    where id = (select min(id) from invoicing_transition)
"""
# What came after the day's anchor is known to be out of its reach until the next one.
_CUT: Final = """
    with cut as (
        delete from invoicing_documentseal
        where position > (select max(position) / 2 from invoicing_documentseal)
        returning transition_id
    )
    delete from invoicing_transition where id in (select transition_id from cut)
"""


@attack("an invoice whose history says what never happened, or ends before it did")
def rewritten_steps(victim: Victim) -> Iterator[Case]:
    until(lambda: bool(victim.rows("invoicing", _ANCHORED)), seconds=_ANCHORED_SECONDS)
    before = _verified(victim)
    yield Case("as it is", f"not verified before any attack: {before}" if before else "")
    if before:
        return
    for name, statement in (("a step by another", _CHANGED), ("the newer half gone", _CUT)):
        with _altered(victim, statement):
            yield Case(name, "" if _verified(victim) else "the verification notices nothing")
    after = _verified(victim)
    yield Case("put right again", f"left behind: {after}" if after else "")


def _verified(victim: Victim) -> str:
    """What `trueback audit verify` complains about; empty where all is well."""
    try:
        victim.stack.run_manage("invoicing", "verify_documents")
    except Fault as fault:
        return str(fault)
    return ""


@contextmanager
def _altered(victim: Victim, statement: str) -> Iterator[None]:
    with victim.administrator("invoicing") as admin:
        for table in _TABLES:
            names = {"table": sql.Identifier(table), "kept": sql.Identifier(f"kept_{table}")}
            admin.execute(sql.SQL("create table {kept} as table {table}").format(**names))
        admin.execute(statement.encode())
    try:
        yield
    finally:
        with victim.administrator("invoicing") as admin:
            for table in _TABLES:
                names = {"table": sql.Identifier(table), "kept": sql.Identifier(f"kept_{table}")}
                admin.execute(sql.SQL("delete from {table}").format(**names))
                admin.execute(sql.SQL("insert into {table} table {kept}").format(**names))
                admin.execute(sql.SQL("drop table {kept}").format(**names))
