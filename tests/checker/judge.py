"""Do the books agree with the bills, the plans and Stripe? All amounts are US dollars."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Final

from tests.checker.accounts import judge_accounts
from tests.checker.books import Books, Delivery, Invoice, Line, Month, Run
from tests.checker.findings import QUANTUM, Amounts, Finding, differences, sums_of
from tests.checker.prices import Price, prices

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
        *judge_accounts(books),
    ]


def _month(month: Month, books: Books) -> Iterator[Finding]:
    if month.closed is not None:
        yield from _run(f"{month.period} as closed", month.closed, month.delivered)
    yield from _run(f"{month.period}, newest", month.newest, month.newest_delivered)
    yield from differences(
        f"{month.period}, shown cost", _sums(month.newest.kept), month.shown_costs
    )
    invoices = [invoice for invoice in books.invoices if invoice.period == month.period]
    yield from _invoices(month, books, [invoice for invoice in invoices if invoice.is_standard])
    if month.closed is None:
        return
    earned = sums_of((line.tenant, amount) for line, amount in _earned(books, month.period))
    for name, amounts in (("recorded", month.recorded_revenue), ("shown", month.shown_revenue)):
        yield from differences(f"{month.period}, {name} revenue", earned, amounts)


def _earned(books: Books, period: str) -> Iterator[tuple[Line, Decimal]]:
    """What was invoiced for the month, whenever, less what was given back of it."""
    lines = {invoice.invoice_id: invoice.lines for invoice in books.invoices}
    amounts = [(line, line.amount) for of_one in lines.values() for line in of_one.values()]
    amounts += [
        (lines[note.invoice_id][position], -amount)
        for note in books.notes
        if note.is_issued
        for position, amount in note.lines.items()
    ]
    yield from ((line, amount) for line, amount in amounts if line.period == period)


def _run(what: str, run: Run, delivery: Delivery) -> Iterator[Finding]:
    """Nothing of the bill is lost or there twice, and everybody has what is his."""
    recipients = _sums(run.published)
    by_total = sums_of((_total_of(name), amount) for name, amount in recipients.items())
    bill = {"bill_total": delivery.total}
    yield from differences(what, bill, {"bill_total": sum(recipients.values(), Decimal(0))})
    yield from differences(f"{what}, its proof", bill | by_total, run.totals)
    allowed = {
        name: QUANTUM * max(1, delivery.cells.get(name, 1))
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
    """Every line follows from cost and plan, and is there once; a total is that of its lines.

    What was issued is of the first close, and what waits for a person of the newest one.
    """
    issued = {invoice.customer for invoice in invoices if invoice.is_issued}
    owed = _by_customer(books, month, issued) if month.closed else []
    invoiced = sums_of(
        (_line_name(each.customer, line.tenant, line.charge_group), line.amount)
        for each in invoices
        for line in each.lines.values()
        if not line.corrects
    )
    yield from differences(
        f"{month.period}, invoiced",
        sums_of((name, price.amount) for name, price in owed),
        invoiced,
    )
    for invoice in invoices:
        lines = sum((line.amount for line in invoice.lines.values()), Decimal(0))
        yield from differences(invoice.customer, {"total": lines}, {"total": invoice.total})


def _by_customer(books: Books, month: Month, issued: Collection[str]) -> list[tuple[str, Price]]:
    first = month.closed or month.newest
    return [
        (_line_name(contract.customer, price.tenant, price.charge_group), price)
        for contract in books.contracts
        for price in prices(
            contract,
            month.period,
            (first if contract.customer in issued else month.newest).kept,
        )
    ]


def _line_name(customer: str, tenant: str, charge_group: str) -> str:
    return f"{customer}, {tenant}, {charge_group or 'fee'}"


def _stripe(books: Books) -> Iterator[Finding]:
    """What we have issued is there, once, line by line; nothing else is."""
    ours = {invoice.invoice_id: invoice for invoice in books.invoices if invoice.is_issued}
    yield from differences(
        "at Stripe",
        {key: invoice.total for key, invoice in ours.items()},
        sums_of((each.invoice_id or each.stripe_id, each.total) for each in books.at_stripe),
    )
    yield from differences(
        "line at Stripe",
        {
            f"{key}, {position}": line.amount
            for key, invoice in ours.items()
            for position, line in invoice.lines.items()
        },
        sums_of(
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
            sums_of((at.invoice_id, at.total) for at in books.at_stripe if at.status in statuses),
        )


def _sums(by_group: Mapping[str, Amounts]) -> dict[str, Decimal]:
    return {name: sum(groups.values(), Decimal(0)) for name, groups in by_group.items()}


def _flat(by_group: Mapping[str, Amounts]) -> dict[str, Decimal]:
    return {
        f"{name}, {group}": amount
        for name, groups in by_group.items()
        for group, amount in groups.items()
    }
