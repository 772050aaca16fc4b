"""Canaries of a running stack: what its databases hold of each customer, and what is planted there.

Planted by the databases' administrator, past all triggers, and taken out again: words in what is
free text, and costs that no other number looks like. A run that was killed leaves tables `kept_*`,
from which the next one puts all right.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from tests.attacks.victim import Victim
from tests.fuzz.canaries import Canaries, Canary

_COST_MIN = 10_000_000
_COST_MAX = 90_000_000


@dataclass(frozen=True)
class Planted:
    """`put` is SQL of the new value, given {word}; `owner` is a column that names the customer."""

    service: str
    model: str
    column: str
    put: str
    owner: str = ""
    key: str = "id"

    def run(self, admin: Connection[Any], statement: str, **values: object) -> list[Any]:
        """`statement` with the names of this planting, and `values` as literals."""
        names: dict[str, sql.Composable] = {
            "table": sql.Identifier(f"{self.service}_{self.model}"),
            "kept": sql.Identifier(f"kept_{self.service}_{self.model}_{self.column}"),
            "column": sql.Identifier(self.column),
            "key": sql.Identifier(self.key),
            "owner": sql.Identifier(self.owner) if self.owner else sql.Literal(""),
            **{name: sql.Literal(value) for name, value in values.items()},
        }
        done = admin.execute(sql.SQL(statement).format(**names))
        return done.fetchall() if done.description else []

    def keep(self, admin: Connection[Any]) -> None:
        self.run(admin, _KEEP)

    def restore(self, admin: Connection[Any]) -> None:
        name = f"kept_{self.service}_{self.model}_{self.column}"
        if self.run(admin, "select to_regclass({name})::text", name=name) == [(None,)]:
            return
        self.run(admin, _PUT_BACK)
        self.run(admin, "drop table {kept}")

    def words(self, admin: Connection[Any], chance: random.Random) -> Iterator[Canary]:
        """Of each customer another."""
        for (owner,) in self.run(admin, "select distinct {owner} from {table}"):
            word = f"canary{chance.getrandbits(64):016x}"
            self.run(admin, _PUT.replace("{put}", self.put), word=word, who=owner)
            about = f"{self.model}.{self.column} of {owner or 'the operator'}"
            yield Canary(word, about, frozenset({owner} if owner else ()))


_KEEP = "create table {kept} as select {key} as key, {column} as value from {table}"
_PUT = "update {table} set {column} = {put} where {owner} = {who}"
_PUT_BACK = """
    update {table} set {column} = kept.value from {kept} kept where {table}.{key} = kept.key
"""
_BEHIND = "left({column}, 400) || ' ' || {word}"
_AS_TEXT = "jsonb_set({column}, '{{text}}', to_jsonb({word}::text))"
_IN_LINES = """
    replace({column}::text, '"description": "', '"description": "' || {word} || ' ')::jsonb
"""
# Each row another, from a random one on.
_NUMBERED = """
    case when {column} is not null then {word}::numeric + 37 * (
        select count(*) from {table} other where other.{key} < {table}.{key}
    ) end
"""
_PLANTED = (
    Planted("invoicing", "customer", "purchase_order", "{word}", "customer_id", "customer_id"),
    Planted("invoicing", "invoiceline", "description", _BEHIND, "customer_id"),
    Planted("portal", "customerinvoice", "fact", _IN_LINES, "customer_id", "invoice_id"),
    Planted("portal", "staffinvoice", "fact", _IN_LINES, "customer", "invoice_id"),
    # Of the operator alone: what its people note, and what its plans are called.
    Planted("invoicing", "transition", "reason", "{word}"),
    Planted("invoicing", "transition", "cause", _AS_TEXT),
    Planted("invoicing", "plan", "name", "{word}", key="plan_id"),
)
_COSTS = (
    Planted("invoicing", "invoiceline", "cost", _NUMBERED),
    Planted("attribution", "statement", "cost", _NUMBERED, key="statement_id"),
    Planted("attribution", "statementline", "amount", _NUMBERED),
    Planted("portal", "tenantmargin", "cost", _NUMBERED),
    Planted("portal", "periodsummary", "overhead", _NUMBERED, key="period"),
)


@contextmanager
def planted(victim: Victim, *, seed: int) -> Iterator[Canaries]:
    canaries = Canaries()
    canaries.add(_collected(victim))
    chance = random.Random(seed)  # noqa: S311 - a seed plants the same words each time
    for each in (*_PLANTED, *_COSTS):
        with victim.administrator(each.service) as admin:
            each.restore(admin)
            each.keep(admin)
    try:
        for each in _PLANTED:
            with victim.administrator(each.service) as admin:
                canaries.add(each.words(admin, chance))
        for each in _COSTS:
            with victim.administrator(each.service) as admin:
                start = chance.randrange(_COST_MIN, _COST_MAX)
                each.run(admin, _PUT.replace("{put}", each.put), word=str(start), who="")
        canaries.add(_costs(victim))
        yield canaries
    finally:
        for each in (*_PLANTED, *_COSTS):
            with victim.administrator(each.service) as admin:
                each.restore(admin)


_LINE_COSTS = """
    select statement.tenant_id, amount
    from attribution_statementline join attribution_statement statement using (statement_id)
"""


def _costs(victim: Victim) -> Iterator[Canary]:
    """In digits and as a page writes them, whatever comes after the point."""
    payers = _payers(victim)
    queries = (
        ("invoicing", "select customer_id, cost from invoicing_invoiceline where cost is not null"),
        ("attribution", "select tenant_id, cost from attribution_statement"),
        ("attribution", _LINE_COSTS),
        ("portal", "select tenant, cost from portal_tenantmargin"),
        ("portal", "select '', overhead from portal_periodsummary"),
    )
    for service, query in queries:
        for who, amount in victim.rows(service, query):
            owners = frozenset({who}) if service == "invoicing" else payers.get(who, frozenset())
            for text in (f"{int(amount)}", f"{int(amount):,}"):
                yield Canary(text, f"cost of {who or 'all'}", owners, is_cost=True)


def _payers(victim: Victim) -> dict[str, frozenset[str]]:
    """Customers by the tenants that they pay for."""
    payers: dict[str, set[str]] = {}
    for customer, tenants in victim.rows(
        "invoicing", "select customer_id, tenants from invoicing_contract"
    ):
        for tenant in tenants:
            payers.setdefault(tenant, set()).add(customer)
    return {tenant: frozenset(customers) for tenant, customers in payers.items()}


_INVOICES = """
    select customer_id, invoice_id, number, stripe_invoice_id, contract_id from invoicing_invoice
"""


def _collected(victim: Victim) -> Iterator[Canary]:
    payers = _payers(victim)
    customers = victim.rows(
        "invoicing",
        "select customer_id, name, email, stripe_customer_id, address from invoicing_customer",
    )
    for customer, name, email, at_stripe, address in customers:
        for text in (customer, name, email, at_stripe, address.get("line1")):
            if text:
                yield Canary(text, f"{customer}'s account", frozenset({customer}))
    for customer, *texts in victim.rows("invoicing", _INVOICES):
        for text in filter(None, texts):
            yield Canary(text, f"an invoice of {customer}", frozenset({customer}))
    tenants = "select tenant_id, name from attribution_tenant"
    for tenant, name in victim.rows("attribution", tenants):
        owners = payers.get(tenant, frozenset())
        for text in (tenant, name):
            yield Canary(text, f"the tenant {tenant}", owners)
    for (run,) in victim.rows("attribution", "select run_id from attribution_run"):
        yield Canary(run, "a run")
