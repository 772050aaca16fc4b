"""What an invoice's document says, word by word: the same for staff and for its customer.

Under a closed contract it holds prices alone; under an open book also the allocated cost.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from services.invoicing.domain.tax_words import tax_sentence, tax_sums
from shared.contracts.invoicing import InvoiceFact, InvoiceLineFact
from shared.contracts.price_words import basis_words
from shared.money import currency_exponent
from shared.periods import Month
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import ISSUED_STATES, State
from shared.vocabulary.modes import Mode
from shared.vocabulary.names import charge_group_label

Document = Mapping[str, Any]

MINUS: Final = "\N{MINUS SIGN}"
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_BANNERS: Final = {
    Mode.DEMO: "Sample data: not a real {what}",
    Mode.TEST: "Test environment: not a real {what}",
}


def invoice_document(fact: InvoiceFact, *, days_until_due: int, environment: Mode) -> Document:
    """Text alone, ready to be set; any `environment` but live is marked."""
    month = written_month(fact.period)
    name = f"Invoice {fact.number}" if fact.number else f"Draft invoice, {month}"
    document = {
        "title": f"{name}, {fact.buyer.get('name', fact.customer_name)}",
        "description": f"Charges of {month} in {fact.currency}",
        "keywords": ["invoice", fact.period, *filter(None, [fact.number])],
        "heading": "Invoice" if fact.number else "Draft invoice",
        "number": fact.number,
        "standing": _standing(fact),
        "banner": banner(environment, "invoice"),
        "watermark": _watermark(fact, environment),
        "copy": _copy(fact),
        "seller": party(fact.seller),
        "buyer": party(fact.buyer),
        "facts": list(_facts(fact, days_until_due)),
        "lead": [],
        **_table(fact),
        **_sums(fact),
        "payment_heading": "Payment",
        "payment": _payment(fact),
        "pay_url": fact.hosted_invoice_url if _is_to_pay(fact) else "",
        "pay_label": f"Pay invoice {fact.number} on Stripe's page",
        "annex": _open_book(fact),
        "notes": _notes(fact),
    }
    shown: Document = printable(document)
    return shown


def banner(environment: Mode, what: str) -> str:
    return _BANNERS.get(environment, "").format(what=what)


def written_day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def written_amount(amount: Decimal, currency: str) -> str:
    """`-1,234.50`, signed by U+2212, half-up to the currency's minor units."""
    step = Decimal(1).scaleb(-currency_exponent(currency))
    rounded = amount.quantize(step, rounding=ROUND_HALF_UP)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded):,f}"


def written_month(period: str) -> str:
    month = Month.parse(period)
    return f"{_MONTHS[month.month - 1]} {month.year}"


def _is_to_pay(fact: InvoiceFact) -> bool:
    return fact.state in {State.ISSUED, State.OVERDUE}


def _is_issued(fact: InvoiceFact) -> bool:
    return bool(fact.number) and fact.state in ISSUED_STATES


def _standing(fact: InvoiceFact) -> str:
    if fact.state == State.PAID:
        return f"Paid on {day_of(fact.paid_at)}" if fact.paid_at else "Paid"
    return {State.OVERDUE: "Overdue", State.VOID: "Cancelled"}.get(State(fact.state), "")


def _watermark(fact: InvoiceFact, environment: Mode) -> str:
    if fact.state == State.VOID:
        return "VOID"
    if not _is_issued(fact):
        return "DRAFT"
    return "SAMPLE" if environment == Mode.DEMO else ""


def _copy(fact: InvoiceFact) -> str:
    if not _is_issued(fact):
        return "A draft, not an invoice: it can change, and nothing is to pay."
    return f"Copy: the original is Stripe's invoice {fact.number}."


def party(details: Mapping[str, str]) -> dict[str, Any]:
    tax_id = details.get("tax_id")
    rows = (
        details.get("line1"),
        details.get("line2"),
        _place(details),
        details.get("email"),
        f"Tax id {tax_id}" if tax_id else "",
    )
    return {"name": details.get("name", ""), "rows": [row for row in rows if row]}


def _place(address: Mapping[str, str]) -> str:
    code = " ".join(filter(None, (address.get("state"), address.get("postal_code"))))
    town = (", " if address.get("state") else " ").join(filter(None, (address.get("city"), code)))
    return ", ".join(filter(None, (town, address.get("country"))))


def _facts(fact: InvoiceFact, days_until_due: int) -> Iterable[dict[str, str]]:
    issued = day_of(fact.issued_at) if fact.issued_at else "not yet"
    due = day_of(fact.due_at) if fact.due_at else _days_after_issue(days_until_due)
    month = Month.parse(fact.period)
    last = (month.end - timedelta(days=1)).day
    yield {"label": "Issue date", "value": issued}
    yield {"label": "Due date", "value": due}
    yield {"label": "Terms", "value": f"{days_until_due} days net"}
    yield {"label": "Period (UTC)", "value": f"1 to {last} {written_month(fact.period)}"}
    yield {"label": "Currency", "value": fact.currency}
    if fact.buyer.get("purchase_order"):
        yield {"label": "Purchase order", "value": fact.buyer["purchase_order"]}


def _days_after_issue(days: int) -> str:
    if not days:
        return "on issue"
    return f"{days} day{'' if days == 1 else 's'} after issue"


def _table(fact: InvoiceFact) -> dict[str, Any]:
    """Columns of quantity and rate only where a line has one."""
    lines = [_line(line, fact) for line in fact.lines]
    optional = (numeric_column("quantity", "Quantity"), numeric_column("rate", "Rate"))
    return {
        "lines_heading": f"Charges of {written_month(fact.period)}",
        "columns": [
            {"key": "description", "label": "Description", "numeric": False},
            *(column for column in optional if any(line[column["key"]] for line in lines)),
            numeric_column("amount", f"Amount, {fact.currency}"),
        ],
        "lines": lines,
    }


def numeric_column(key: str, label: str) -> dict[str, Any]:
    return {"key": key, "label": label, "numeric": True}


def _line(line: InvoiceLineFact, fact: InvoiceFact) -> dict[str, str]:
    return {
        "description": line.description,
        "detail": _days(line, Month.parse(fact.period)),
        "quantity": "" if line.quantity is None else _plain(line.quantity),
        "rate": _rate(line, fact),
        "amount": written_amount(line.amount, fact.currency),
    }


def _rate(line: InvoiceLineFact, fact: InvoiceFact) -> str:
    """A price per unit is a price; how a rate was made from cost shows in an open book alone."""
    if line.unit_amount is not None:
        return _plain(line.unit_amount)
    return basis_words(line.basis) if fact.disclosure == Disclosure.OPEN_BOOK else ""


def _plain(number: Decimal) -> str:
    """Grouped, every digit that counts."""
    text = f"{abs(number):,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{MINUS if number < 0 else ''}{text}"


def _days(line: InvoiceLineFact, month: Month) -> str:
    """The days of a line that is of part of the month."""
    if (line.service_start, line.service_end) == (month.start.date(), month.end.date()):
        return ""
    last = line.service_end - timedelta(days=1)
    return f"{written_day(line.service_start)} to {written_day(last)}"


def _sums(fact: InvoiceFact) -> dict[str, Any]:
    total = fact.total + (fact.tax or Decimal(0))
    sums = [("Subtotal", fact.total)]
    sums += tax_sums(fact.taxes, fact.tax)
    return {
        "sums": [
            {"label": label, "value": written_amount(amount, fact.currency)}
            for label, amount in sums
        ],
        "total": {
            "label": "Total",
            "value": f"{fact.currency} {written_amount(total, fact.currency)}",
        },
        "tax_sentence": "No tax is added by this document."
        if fact.tax is None
        else tax_sentence(fact.taxes),
    }


def _payment(fact: InvoiceFact) -> list[str]:
    if fact.state == State.PAID:
        on = f" on {day_of(fact.paid_at)}" if fact.paid_at else ""
        return [f"Paid in full{on} through Stripe. Nothing is left to pay."]
    if fact.state == State.VOID:
        return ["This invoice is cancelled. Nothing is to pay."]
    if not _is_to_pay(fact):
        return []
    owed = fact.total + (fact.tax or Decimal(0))
    if owed <= 0:
        credited = f": {fact.currency} {written_amount(-owed, fact.currency)} is in your favour"
        return [f"Nothing is to pay{credited if owed else ''}."]
    due = f" by {day_of(fact.due_at)}" if fact.due_at else ""
    total = written_amount(owed, fact.currency)
    please = f"Please pay {fact.currency} {total}{due}, naming invoice {fact.number}."
    if fact.hosted_invoice_url:
        return [please]
    return [please, "The account to pay to stands on the original from Stripe."]


def _open_book(fact: InvoiceFact) -> dict[str, Any] | None:
    """Allocated cost by charge group, largest first; credits that are on no line count, too."""
    costs = _costs_of_lines(fact) if fact.costs is None else fact.costs
    if fact.disclosure != Disclosure.OPEN_BOOK or not costs:
        return None
    ordered = sorted(costs.items(), key=lambda item: (-item[1], item[0]))
    total = sum(costs.values(), Decimal(0))
    return {
        "heading": "Open book: our cost for you",
        "key": "group",
        "sentence": "From the cloud provider's bill: what is yours alone, and your part of what"
        " all customers use. Shown to the cent, kept to ten decimals.",
        "columns": [
            {"key": "group", "label": "Group", "numeric": False},
            numeric_column("cost", f"Cost, {fact.currency}"),
        ],
        "lines": [
            *(_cost(_group(group), cost, fact.currency) for group, cost in ordered),
            _cost("Cost", total, fact.currency),
        ],
    }


def _costs_of_lines(fact: InvoiceFact) -> dict[str, Decimal]:
    """As an earlier release knew them: each line had its own, and a credit was a line."""
    costs: dict[str, Decimal] = {}
    for line in fact.lines:
        if line.cost is not None:
            costs[line.charge_group] = costs.get(line.charge_group, Decimal(0)) + line.cost
    return costs


def _cost(group: str, cost: Decimal, currency: str) -> dict[str, str]:
    return {"group": group, "detail": "", "cost": written_amount(cost, currency)}


def _group(charge_group: str) -> str:
    return charge_group_label(charge_group) or "Other"


def _notes(fact: InvoiceFact) -> list[str]:
    email = fact.seller.get("email")
    return [
        "Charges are by calendar month in UTC. Each line is rounded once, half-up.",
        *([f"Questions: {email}."] if email else []),
    ]


def day_of(moment: datetime) -> str:
    return written_day(moment.date())


def printable(value: Any) -> Any:
    """Control characters become spaces."""
    if isinstance(value, str):
        return _without_controls(value)
    if isinstance(value, Mapping):
        return {key: printable(part) for key, part in value.items()}
    if isinstance(value, list):
        return [printable(part) for part in value]
    return value


def _without_controls(text: str) -> str:
    return "".join(" " if unicodedata.category(char) == "Cc" else char for char in text)
