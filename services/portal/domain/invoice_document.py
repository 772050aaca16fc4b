"""Reads an invoice fact as it was kept, for the pages that show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.portal.domain.credits import (
    ShownCharge,
    ShownCredit,
    left_to_pay,
    shown_charges,
    shown_credits,
)
from services.portal.domain.figures import change, difference, money, ratio
from services.portal.domain.invoice_comparison import LineDifference
from services.portal.domain.invoice_words import basis_words
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.line_kinds import FIXED_KINDS, WHOLE_COST_KINDS
from shared.vocabulary.names import as_heading, charge_group_label
from shared.vocabulary.recipients import is_pooled

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Party:
    name: str
    address: list[str]
    email: str
    tax_id: str


@dataclass(frozen=True)
class Evidence:
    label: str
    amount: Money


@dataclass(frozen=True)
class Line:
    description: str
    explanation: str
    quantity: Decimal | None
    unit: str
    rate: str
    amount: Money
    change: Decimal | None
    flags: list[str]
    evidence: list[Evidence]
    by: Money | None = None
    why: str = ""
    cost_of: "CostOf | None" = None


@dataclass(frozen=True)
class CostOf:
    """What a line's cost is asked for by: whose, of which charge group, by which run."""

    tenant: str
    charge_group: str
    run_id: str


@dataclass(frozen=True, kw_only=True)
class InvoiceHead:
    """What every page of an invoice shows, whoever looks; tax of None is not charged by us.

    `credits` are what was given back of it since; what then is still to pay is `left`. `charges`
    are what it charges of months that were restated.
    """

    id: str
    number: str
    state: str
    period: Month
    currency: str
    customer: Party
    seller: Party
    purchase_order: str
    issue_date: date | None
    due_date: date | None
    has_quantities: bool
    subtotal: Money
    tax: Money | None
    tax_note: str
    total: Money
    left: Money
    is_supplementary: bool = False
    credits: Sequence[ShownCredit] = ()
    charges: Sequence[ShownCharge] = ()


@dataclass(frozen=True)
class CostGroup:
    label: str
    amount: Money
    ratio: Decimal | None
    is_shared: bool


@dataclass(frozen=True)
class OpenBook:
    cost: Money
    groups: list[CostGroup]


def party(details: Mapping[str, str]) -> Party:
    rows = (
        details.get("line1"),
        details.get("line2"),
        place(details),
    )
    return Party(
        name=details.get("name", ""),
        address=[row for row in rows if row],
        email=details.get("email", ""),
        tax_id=details.get("tax_id", ""),
    )


def place(address: Mapping[str, str]) -> str:
    """`Pittsburgh, PA 15222, US`; without a state `Wien 1010, AT`."""
    code = " ".join(filter(None, (address.get("state"), address.get("postal_code"))))
    town = (", " if address.get("state") else " ").join(filter(None, (address.get("city"), code)))
    return ", ".join(filter(None, (town, address.get("country"))))


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def day(text: str | None) -> date | None:
    """The UTC day of a moment."""
    return None if text is None else datetime.fromisoformat(text).date()


def head(document: Document) -> InvoiceHead:
    currency = document["currency"]
    total, tax = Decimal(document["total"]), decimal(document["tax"])
    return InvoiceHead(
        id=document["invoice_id"],
        number=document["number"],
        state=document["state"],
        period=Month.parse(document["period"]),
        currency=currency,
        customer=party(document["buyer"]),
        seller=party(document["seller"]),
        purchase_order=document["buyer"].get("purchase_order", ""),
        issue_date=day(document["issued_at"]),
        due_date=day(document["due_at"]),
        has_quantities=any(line["quantity"] is not None for line in document["lines"]),
        subtotal=Money(total, currency),
        tax=money(tax, currency),
        tax_note="",
        total=Money(total + (tax or Decimal(0)), currency),
        is_supplementary=document.get("kind") == InvoiceKind.SUPPLEMENTARY,
        credits=shown_credits(document),
        charges=shown_charges(document),
        left=Money(left_to_pay(document), currency),
    )


def staff_lines(document: Document, differences: Sequence[LineDifference]) -> list[Line]:
    """With the cost behind each line, and how it differs from the months before."""
    return [
        _staff_line(line, document, difference)
        for line, difference in zip(document["lines"], differences, strict=True)
    ]


def customer_lines(document: Document, earlier: Document | None) -> list[Line]:
    """Prices alone: how a rate was made shows only where the contract disclosed it."""
    before = _amounts(earlier)
    return [
        _line(line, document, before, rate=basis_words(line.get("basis")))
        for line in document["lines"]
    ]


def open_book(document: Document) -> OpenBook | None:
    """Allocated cost by group, largest first; credits that are on no line count, too."""
    if document["disclosure"] != Disclosure.OPEN_BOOK:
        return None
    given = document.get("costs")
    costs = (
        _costs_of_lines(document)
        if given is None
        else {group: Decimal(cost) for group, cost in given.items()}
    )
    total = sum(costs.values(), Decimal(0))
    currency = document["currency"]
    groups = [
        CostGroup(
            label=charge_group_label(group),
            amount=Money(amount, currency),
            ratio=ratio(amount, total),
            is_shared=is_pooled(group),
        )
        for group, amount in sorted(costs.items(), key=lambda item: (-item[1], item[0]))
    ]
    return OpenBook(Money(total, currency), groups)


def _costs_of_lines(document: Document) -> dict[str, Decimal]:
    """As an earlier release told them: each line had its own, and a credit was a line."""
    costs: dict[str, Decimal] = {}
    for line in document["lines"]:
        cost = decimal(line.get("cost"))
        if cost is not None:
            group = line["charge_group"]
            costs[group] = costs.get(group, Decimal(0)) + cost
    return costs


def _amounts(document: Document | None) -> dict[str, Decimal]:
    lines: Sequence[Mapping[str, Any]] = document["lines"] if document else ()
    return {line["description"]: Decimal(line["amount"]) for line in lines}


def _line(
    line: Mapping[str, Any], document: Document, before: Mapping[str, Decimal], **fields: Any
) -> Line:
    amount, currency = Decimal(line["amount"]), document["currency"]
    earlier = before.get(line["description"])
    shown: dict[str, Any] = {
        "explanation": "",
        "rate": "",
        "flags": [],
        "evidence": [],
        "by": money(difference(amount, earlier), currency),
    } | fields
    return Line(
        description=line["description"],
        quantity=decimal(line["quantity"]),
        unit="",
        amount=Money(amount, currency),
        change=change(amount, earlier),
        **shown,
    )


def _staff_line(line: Mapping[str, Any], document: Document, against: LineDifference) -> Line:
    cost, amount, currency = decimal(line["cost"]), Decimal(line["amount"]), document["currency"]
    basis = basis_words(line["basis"])
    shown = {"rate": basis, "by": against.by, "why": against.why}
    earlier = [
        *([Evidence("Last month", against.before)] if against.before else []),
        *([Evidence("Median of the months before", against.usual)] if against.usual else []),
    ]
    if cost is None:
        what = "A fixed fee" if line["kind"] in FIXED_KINDS else "To be paid at least:"
        why = f"{what} {basis}, by the plan {document['plan']}."
        shown_line = _line(line, document, {}, explanation=why, evidence=earlier, **shown)
    else:
        shown_line = _line(
            line,
            document,
            {},
            explanation=f"{as_heading(basis)}, rounded once, half-up.",
            flags=["below cost"] if amount < cost and cost > 0 else [],
            evidence=[
                Evidence(_whose_cost(line), Money(cost, currency)),
                Evidence("Above cost", Money(amount - cost, currency)),
                *earlier,
            ],
            cost_of=_cost_of(line, document),
            **shown,
        )
    flags = [*shown_line.flags, *filter(None, [against.flag])]
    return replace(shown_line, change=against.change, flags=flags)


def _whose_cost(line: Mapping[str, Any]) -> str:
    is_whole = line["kind"] in WHOLE_COST_KINDS
    return "Cost of the contract" if is_whole else f"Cost of {line['tenant']}"


def _cost_of(line: Mapping[str, Any], document: Document) -> CostOf | None:
    """None of a line on the contract's whole cost, which is of no tenant and group alone."""
    if line["kind"] in WHOLE_COST_KINDS:
        return None
    return CostOf(line["tenant"], line["charge_group"], document["run_id"])
