"""Do the books agree with the bills, the plans and Stripe? All amounts are US dollars."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from tests.checker.books import Books, Delivery, Invoice, Month, Run
from tests.checker.findings import Amounts, Finding, differences
from tests.checker.prices import Costs, Price, prices

_QUANTUM: Final = Decimal(1).scaleb(-10)
# Recipients that are no tenants are named with what they are of: "idle:cluster".
_TOTAL_OF: Final = {
    "overhead": "overhead_total",
    "excluded": "excluded_total",
    "unallocated": "unallocated_total",
    "idle": "unallocated_total",
    "unmapped": "unallocated_total",
    "unmetered": "unallocated_total",
}
_PAID: Final = frozenset({"paid"})
_OPEN_OR_PAID: Final = frozenset({"open", "paid"})


def judge(books: Books) -> list[Finding]:
    return [
        *(finding for month in books.months for finding in _month(month, books)),
        *_stripe(books),
        *_ledger(books),
    ]


def _month(month: Month, books: Books) -> Iterator[Finding]:
    if month.closed is not None:
        yield from _run(f"{month.period} as closed", month.closed, month.delivered)
    yield from _run(f"{month.period}, newest", month.newest, month.newest_delivered)
    yield from differences(
        f"{month.period}, shown cost", _sums(month.newest.kept), month.shown_costs
    )
    invoices = [invoice for invoice in books.invoices if invoice.period == month.period]
    yield from _invoices(month, books, invoices)
    if month.closed is None:
        return
    yield from _restated(month, books, invoices)
    earned = _sum((line.tenant, line.amount) for each in invoices for line in each.lines.values())
    for name, amounts in (("recorded", month.recorded_revenue), ("shown", month.shown_revenue)):
        yield from differences(f"{month.period}, {name} revenue", earned, amounts)


def _run(what: str, run: Run, delivery: Delivery) -> Iterator[Finding]:
    """Nothing of the bill is lost or there twice, and everybody has what is his."""
    recipients = _sums(run.published)
    by_total = _sum((_total_of(name), amount) for name, amount in recipients.items())
    bill = {"bill_total": delivery.total}
    yield from differences(what, bill, {"bill_total": sum(recipients.values(), Decimal(0))})
    yield from differences(f"{what}, its proof", bill | by_total, run.totals)
    allowed = {
        name: _QUANTUM * max(1, delivery.cells.get(name, 1))
        for name in delivery.truth.keys() | recipients.keys()
    }
    yield from differences(f"{what}, cost", delivery.truth, recipients, within=allowed)
    tenants = {name: run.published[name] for name in recipients if _is_tenant(name)}
    yield from differences(f"{what}, its statements", _flat(tenants), _flat(run.kept))


def _is_tenant(recipient: str) -> bool:
    return recipient.partition(":")[0] not in _TOTAL_OF


def _total_of(recipient: str) -> str:
    return _TOTAL_OF.get(recipient.partition(":")[0], "attributed_total")


def _invoices(month: Month, books: Books, invoices: Iterable[Invoice]) -> Iterator[Finding]:
    """Every line follows from cost and plan, and is there once; a total is that of its lines."""
    owed = _by_customer(books, month.period, month.closed.kept if month.closed else None)
    invoiced = _sum(
        (_line_name(each.customer, line.tenant, line.charge_group), line.amount)
        for each in invoices
        for line in each.lines.values()
    )
    yield from differences(
        f"{month.period}, invoiced",
        _sum((name, price.amount) for name, price in owed),
        invoiced,
    )
    for invoice in invoices:
        lines = sum((line.amount for line in invoice.lines.values()), Decimal(0))
        yield from differences(invoice.customer, {"total": lines}, {"total": invoice.total})


def _restated(month: Month, books: Books, invoices: Iterable[Invoice]) -> Iterator[Finding]:
    """An invoice says by how much its cost has changed since: what is new less what is on it."""
    newest = _sum(
        (name.partition(",")[0], price.amount)
        for name, price in _by_customer(books, month.period, month.newest.kept)
        if price.charge_group
    )
    on_it = _sum(
        (each.customer, line.amount)
        for each in invoices
        for line in each.lines.values()
        if line.is_of_cost
    )
    expected = {name: newest[name] - on_it.get(name, Decimal(0)) for name in newest}
    actual = _sum((each.customer, each.restated_by) for each in invoices)
    yield from differences(f"{month.period}, restated by", expected, actual)


def _by_customer(books: Books, period: str, costs: Costs | None) -> list[tuple[str, Price]]:
    """Nobody owes anything for a month without costs: it isn't closed."""
    if costs is None:
        return []
    return [
        (_line_name(contract.customer, price.tenant, price.charge_group), price)
        for contract in books.contracts
        for price in prices(contract, period, costs)
    ]


def _line_name(customer: str, tenant: str, charge_group: str) -> str:
    return f"{customer}, {tenant}, {charge_group or 'fee'}"


def _stripe(books: Books) -> Iterator[Finding]:
    """What we have issued is there, once, line by line; nothing else is."""
    ours = {invoice.invoice_id: invoice for invoice in books.invoices if invoice.is_issued}
    yield from differences(
        "at Stripe",
        {key: invoice.total for key, invoice in ours.items()},
        _sum((each.invoice_id or each.stripe_id, each.total) for each in books.at_stripe),
    )
    yield from differences(
        "line at Stripe",
        {
            f"{key}, {position}": line.amount
            for key, invoice in ours.items()
            for position, line in invoice.lines.items()
        },
        _sum(
            (f"{each.invoice_id}, {position}", amount)
            for each in books.at_stripe
            for position, amount in each.lines.items()
        ),
    )
    for what, statuses, wanted in (
        ("finalised", _OPEN_OR_PAID, [each for each in ours.values() if each.is_issued]),
        ("paid", _PAID, [each for each in ours.values() if each.is_paid]),
    ):
        yield from differences(
            f"{what} at Stripe",
            {each.invoice_id: each.total for each in wanted},
            _sum((at.invoice_id, at.total) for at in books.at_stripe if at.status in statuses),
        )


def _ledger(books: Books) -> Iterator[Finding]:
    """Revenue is exact, what a customer owes is in cents, and rounding has its own account."""
    exact: dict[str, Decimal] = defaultdict(Decimal)
    for month in books.months:
        costs = month.closed.kept if month.closed else None
        for name, price in _by_customer(books, month.period, costs):
            exact[f"{month.period}, {name.partition(',')[0]}"] += price.exact
    expected: dict[str, Decimal] = {}
    for invoice in books.invoices:
        if invoice.is_issued:
            revenue = exact[f"{invoice.period}, {invoice.customer}"]
            due = Decimal(0) if invoice.is_paid else invoice.total
            expected |= {
                f"{invoice.invoice_id}, revenue": -revenue,
                f"{invoice.invoice_id}, rounding": revenue - invoice.total,
                f"{invoice.invoice_id}, receivable": due,
                f"{invoice.invoice_id}, cash": invoice.total - due,
            }
    booked = _flat(books.ledger)
    # The ledger keeps ten decimal places of what a percentage makes twelve of.
    allowed = dict.fromkeys(expected.keys() | booked.keys(), _QUANTUM)
    yield from differences("ledger", expected, booked, within=allowed)


def _sum(parts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for name, amount in parts:
        sums[name] += amount
    return dict(sums)


def _sums(by_group: Mapping[str, Amounts]) -> dict[str, Decimal]:
    return {name: sum(groups.values(), Decimal(0)) for name, groups in by_group.items()}


def _flat(by_group: Mapping[str, Amounts]) -> dict[str, Decimal]:
    return {
        f"{name}, {group}": amount
        for name, groups in by_group.items()
        for group, amount in groups.items()
    }
