"""Tables that a spreadsheet opens, with names that somebody outside has chosen."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg import sql

from deploy.demo.line import CLARA, OLIVIA
from tests.attacks.access import path_of
from tests.attacks.attack import Case, attack
from tests.attacks.victim import Victim
from tests.spreadsheets import evaluated_cells

_FORMULA: Final = "=HYPERLINK(A1)"
# Where names of others lie that the portal has been told.
_NAMES: Final = (
    ("portal_tenantmargin", "name"),
    ("portal_customeraccount", "name"),
    ("portal_staffinvoice", "customer_name"),
)


@attack("a formula that runs on the machine of whoever opens a download")
def formulas(victim: Victim) -> Iterator[Case]:
    people = {actor.role: actor for actor in (OLIVIA, CLARA, victim.fred)}
    reached = 0
    with _named(victim):
        for one in victim.routes("portal"):
            readers = [people[role] for role in one["roles"].get("*", []) if role in people]
            if not one["route"].endswith(".csv") or not readers:
                continue
            path = path_of(victim, one["route"])
            with victim.session(readers[0]) as client:
                answer = client.get(path)
            reached += "HYPERLINK" in answer.text
            cells = evaluated_cells(answer.text)
            wrong = f"answered {answer.status_code}" if not answer.is_success else ""
            yield Case(f"{readers[0].name}: {path}", f"evaluates {cells[:3]}" if cells else wrong)
    yield Case("a formula is in one of them", "" if reached else "in none: nothing was tried")


@contextmanager
def _named(victim: Victim) -> Iterator[None]:
    """As the administrator, past all triggers; whatever happens the names come back."""
    with victim.administrator("portal") as admin:
        for table, column in _NAMES:
            names = {"table": sql.Identifier(table), "column": sql.Identifier(column)}
            names["kept"] = sql.Identifier(f"kept_{table}")
            admin.execute(sql.SQL("create table {kept} as table {table}").format(**names))
            change = sql.SQL("update {table} set {column} = {formula}")
            admin.execute(change.format(**names, formula=sql.Literal(_FORMULA)))
    try:
        yield
    finally:
        with victim.administrator("portal") as admin:
            for table, _ in _NAMES:
                names = {"table": sql.Identifier(table), "kept": sql.Identifier(f"kept_{table}")}
                admin.execute(sql.SQL("delete from {table}").format(**names))
                admin.execute(sql.SQL("insert into {table} table {kept}").format(**names))
                admin.execute(sql.SQL("drop table {kept}").format(**names))
