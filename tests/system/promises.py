"""What a month-end close must leave behind, as rows that say the same in every run of it.

Only business keys and amounts: ids, times and versions differ from run to run, and how often a
period was attributed on the way is nobody's business. Nor is how often it was closed again: each
close corrects what the one before has made, so that other documents come to the same. Whether they
do, `tests.checker` says: here are what they rest on, and what no correction touches.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from tests.system.close_run import CloseRun, wait_until_reachable

Rows = Counter[tuple[Any, ...]]

QUERIES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "bills": (
            "ingestion",
            (
                "select source_id, period, row_count, billed_total, effective_total, content_hash"
                " from ingestion_snapshot where is_current"
            ),
        ),
        "signals": (
            "ingestion",
            (
                "select source_id, period, row_count, content_hash from ingestion_signals"
                " where is_current"
            ),
        ),
        "runs": (
            "attribution",
            (
                "select period, proof->>'bill_total', proof->>'attributed_total',"
                " proof->>'overhead_total', proof->>'unallocated_total', proof->>'excluded_total',"
                " fallback_share from attribution_run where is_current"
            ),
        ),
        "periods": (
            "attribution",
            (
                "select period, state, closed_by, overrides::text, revised_tenants::text"
                " from attribution_period"
            ),
        ),
        "statements": (
            "attribution",
            (
                "select s.period, s.tenant_id, s.cost from attribution_statement s"
                " join attribution_run r on r.run_id = s.run_id and r.is_current"
            ),
        ),
        "revenue": (
            "attribution",
            (
                "select period, currency, basis, count(*) > 0 from attribution_revenueentry"
                " group by 1, 2, 3"
            ),
        ),
        "invoices": (
            "invoicing",
            (
                "select seller, customer_id, period, sequence, currency, total_minor, state,"
                " stripe_status, parked_reasons::text from invoicing_invoice"
                " where kind = 'standard' and state <> 'void'"
            ),
        ),
        "invoice lines": (
            "invoicing",
            (
                "select l.customer_id, i.period, l.position, l.description, l.amount_minor, l.cost"
                " from invoicing_invoiceline l join invoicing_invoice i using (invoice_id)"
                " where i.kind = 'standard' and i.state <> 'void'"
            ),
        ),
        "transitions": (
            "invoicing",
            (
                "select t.customer_id, i.period, t.sequence, t.from_state, t.to_state, t.actor"
                " from invoicing_transition t join invoicing_invoice i using (invoice_id)"
                " where i.kind = 'standard' and i.state <> 'void'"
            ),
        ),
        "ledger": (
            "invoicing",
            (
                "select l.customer_id, i.period, account, l.currency, amount"
                " from invoicing_ledgerentry l join invoicing_invoice i"
                " on i.invoice_id = split_part(l.document, ':', 1) where i.kind = 'standard'"
            ),
        ),
        "accounts": (
            "invoicing",
            (
                "select customer_id, period, currency, state, base_minor, target_lines::text,"
                " below_zero_minor, waived_minor from invoicing_trueupaccount"
            ),
        ),
        "revisions": (
            "invoicing",
            "select period, tenant, costs::text from invoicing_statementrevision",
        ),
        "margins": (
            "portal",
            (
                "select m.period, tenant, cost, revenue_basis from portal_tenantmargin m"
                " join portal_periodsummary p on p.period = m.period and p.run_id = m.run_id"
            ),
        ),
        "statement lines": (
            "attribution",
            (
                "select s.period, s.tenant_id, l.charge_group, l.method, l.amount"
                " from attribution_statement s join attribution_statementline l"
                " on l.statement_id = s.statement_id"
                " join attribution_run r on r.run_id = s.run_id and r.is_current"
            ),
        ),
        "quantities": (
            "attribution",
            (
                "select s.period, s.tenant_id, q.meter, q.quantity, q.unit"
                " from attribution_statement s join attribution_statementquantity q"
                " on q.statement_id = s.statement_id"
                " join attribution_run r on r.run_id = s.run_id and r.is_current"
            ),
        ),
        "shown days": (
            "portal",
            (
                "select m.period, tenant, md5(daily::text), md5(lines::text)"
                " from portal_tenantmargin m"
                " join portal_periodsummary p on p.period = m.period and p.run_id = m.run_id"
            ),
        ),
        "shown periods": (
            "portal",
            (
                "select period, bill, attributed, overhead, unallocated, excluded, difference,"
                " fallback_share, closed_by, revised_tenant_count, revised_by, md5(pools::text),"
                " overrides::text from portal_periodsummary"
            ),
        ),
        "shown bills": ("portal", "select source, period, row_count from portal_billstate"),
        "shown contracts": (
            "portal",
            "select tenant, customer, plan from portal_tenantcontract",
        ),
        "shown customers": (
            "portal",
            (
                "select customer_id, name, email, plan, disclosure, tenants::text"
                " from portal_customeraccount"
            ),
        ),
        "shown estimates": (
            "portal",
            "select customer_id, period, currency, total, lines::text from portal_customerestimate",
        ),
        "shown revisions": (
            "portal",
            "select period, tenant, cost_before, cost_after from portal_tenantrevision",
        ),
        "shown invoices": (
            "portal",
            (
                "select customer, period, state, total from portal_staffinvoice"
                " where fact->>'kind' = 'standard' and state <> 'void'"
            ),
        ),
        "customers' invoices": (
            "portal",
            (
                "select customer_id, period, state, total from portal_customerinvoice"
                " where fact->>'kind' = 'standard' and state <> 'void'"
            ),
        ),
    }
)
_STANDARD: Final = "select invoice_id from invoicing_invoice where kind = 'standard'"


@dataclass(frozen=True)
class Comparison:
    """Rows that the run with faults lacks, and rows that it has once too often."""

    lost: list[str]
    doubled: list[str]


def outcome(run: CloseRun) -> Rows:
    """Every promised row of a run that has settled."""
    wait_until_reachable(run, seconds=120)
    rows: Rows = Counter()
    for name, (service, sql) in QUERIES.items():
        rows.update((name, *row) for row in run.query(service, sql))
    at_stripe = run.stack.stripe_control("GET", "invoices")["invoices"]
    standard = {number for (number,) in run.query("invoicing", _STANDARD)}
    rows.update(
        ("Stripe", found["total"], found["currency"], found["status"])
        for found in at_stripe
        if found["metadata"].get("trueback_invoice") in standard or not found["metadata"]
    )
    return rows


def compare(expected: Rows, found: Rows) -> Comparison:
    return Comparison(_sentences(expected - found), _sentences(found - expected))


def _sentences(rows: Rows) -> list[str]:
    return sorted(f"{row[0]}: {', '.join(map(str, row[1:]))}, {n} x" for row, n in rows.items())
