"""What must hold after every step, by code that shares nothing with what prices and allocates.

The numbers are those of the invariants of true-up's design; what is checked where a month is
settled is in `settled`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from deploy.true_up_checker import Billed, Costs, billed_at_stripe, price
from deploy.true_up_checker.currencies import from_minor, step_of, to_minor
from tests.true_up.seen import FIXED, Row, Seen

_ISSUED_NOTE = (
    *("customer_id", "invoice_id", "account_id", "kind"),
    *("number", "net_minor", "tax_minor"),
)


def costs_of(costs: Mapping[str, Mapping[str, Decimal]]) -> Costs:
    return {
        tenant: {group: Fraction(amount) for group, amount in groups.items()}
        for tenant, groups in costs.items()
    }


class Invariants:
    """Remembers what was issued, which never changes."""

    def __init__(self, costs_at: Callable[[str, int], Costs]) -> None:
        self._costs_at = costs_at
        self._issued: dict[str, tuple[Any, ...]] = {}

    def broken(self, seen: Seen) -> Iterator[str]:
        at_stripe = billed_at_stripe(seen.invoices_there, seen.notes_there)
        yield from self._differences(seen, at_stripe)
        yield from self._changed(seen)
        yield from _lines(seen, at_stripe)
        yield from _ledger(seen)
        yield from _revenue(seen)
        yield from _documents(seen)
        yield from _grants(seen)
        yield from _taxes(seen)

    def _differences(self, seen: Seen, at_stripe: Billed) -> Iterator[str]:
        """I1, by the costs of the close that the account was settled on."""
        balances = ledger_balances(seen)
        for name, account in seen.accounts.items():
            currency = account["currency"]
            costs = self._costs_at(account["period"], account["close_number"])
            drawn = seen.drawn_by(name)
            target = price(account["terms"]["prices"], account["period"], costs, drawn).target
            rest = target - at_stripe.by_account.get(name, 0) - account["waived_minor"]
            difference = from_minor(rest, currency) - balances[name]
            if difference:
                yield (
                    f"I1: {account['customer_id']}'s {account['period']} is off by {difference}"
                    f" {currency}: target {target}, at Stripe {at_stripe.by_account.get(name, 0)},"
                    f" waived {account['waived_minor']}, in the ledger {balances[name]}"
                )

    def _changed(self, seen: Seen) -> Iterator[str]:
        """I5."""
        issued: dict[str, tuple[Any, ...]] = {}
        for name, note in seen.notes.items():
            if note["number"]:
                lines = [
                    (line["invoice_line_id"], line["amount_minor"])
                    for line in seen.note_lines.get(name, [])
                ]
                issued[name] = (*(note[part] for part in _ISSUED_NOTE), tuple(lines))
        for number, line in seen.lines.items():
            if seen.invoices[line["invoice_id"]]["number"]:
                issued[f"line {number}"] = tuple(
                    line[part] for part in ("invoice_id", "position", "amount_minor", "account_id")
                )
        for name, before in self._issued.items():
            if issued.get(name) != before:
                yield f"I5: {name} was {before} when it was issued, and is {issued.get(name)}"
        self._issued = issued


def ledger_balances(seen: Seen) -> Counter[str]:
    """Of `true_up`, by account; the names of documents are as true-up's page has them."""
    account_of = {name: note["account_id"] for name, note in seen.notes.items()}
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for entry in seen.ledger:
        if entry["account"] == "true_up":
            first, *rest = entry["document"].split(":")
            balances[rest[1] if len(rest) > 1 else account_of.get(first, first)] += entry["amount"]
    return balances  # type: ignore[return-value]


def _lines(seen: Seen, at_stripe: Billed) -> Iterator[str]:
    """I2, I9 and I14, as Stripe has them."""
    for document in (*seen.invoices_there, *seen.notes_there):
        step = step_of(document["currency"].upper())
        least = 1 if document["object"] == "credit_note" else 0
        for line in document["all_lines"]:
            if line["amount"] < least or line["amount"] % step:
                yield f"I2, I14: {document['number']} has a line of {line['amount']}"
    given: Counter[str] = Counter()
    notes = (note for note in seen.notes_there if note["status"] != "void")
    for one in (one for note in notes for one in note["all_lines"]):
        given[one["invoice_line_item"]] += one["amount"]
    lines = (line for invoice in seen.invoices_there for line in invoice["all_lines"])
    for line in lines:
        if given[line["id"]] > line["amount"]:
            yield f"I2: {given[line['id']]} of a line of {line['amount']} is credited"
    if at_stripe.stray:
        yield f"I9: {at_stripe.stray} of what is derived from no cost was credited by true-up"


def _ledger(seen: Seen) -> Iterator[str]:
    """I7 and I10."""
    of_document: dict[str, Decimal] = defaultdict(Decimal)
    balances: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in seen.ledger:
        of_document[entry["document"]] += entry["amount"]
        balances[entry["customer_id"], entry["account"]] += entry["amount"]
    for document, total in of_document.items():
        if total:
            yield f"I7: {document} sums to {total}"
    there = {one["id"]: one for one in seen.invoices_there}
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in seen.invoices.values():
        at_stripe = there.get(invoice["stripe_invoice_id"] or "")
        if at_stripe is not None and at_stripe["status"] == "open":
            rest = at_stripe["amount_remaining"]
            owed[invoice["customer_id"]] += from_minor(rest, invoice["currency"])
    for customer in {row["customer_id"] for row in seen.accounts.values()}:
        booked = balances[customer, "receivable"]
        if booked != owed[customer]:
            yield f"I7: {customer} owes {owed[customer]} at Stripe, {booked} in the ledger"


def _revenue(seen: Seen) -> Iterator[str]:
    """I12: revenue of a month is what is billed of it and carried, and its fees."""
    earned: dict[str, Decimal] = defaultdict(Decimal)
    for entry in seen.ledger:
        if entry["account"] in {"revenue", "rounding"}:
            first, *rest = entry["document"].split(":")
            earned[rest[1] if len(rest) > 1 else first] -= entry["amount"]
    for name, account in seen.accounts.items():
        invoice = account["invoice_id"]
        fees = sum(
            line["amount_minor"]
            for line in seen.lines.values()
            if line["invoice_id"] == invoice and line["kind"] in FIXED
        )
        if invoice and not seen.is_issued(seen.invoices[invoice]):
            fees = 0
        agreed = _target(account) - account["waived_minor"]
        expected = from_minor(agreed + fees, account["currency"])
        booked = earned[name] + earned[invoice or ""]
        if booked != expected:
            yield (
                f"I12: revenue of {account['customer_id']}'s {account['period']} is {booked},"
                f" billed, carried and fees are {expected}"
            )


def _target(account: Row) -> int:
    return sum(amount for _, amount in account["target_lines"]) + account["below_zero_minor"]


def _taxes(seen: Seen) -> Iterator[str]:
    """I6, and on the way there: what notes have left of an invoice's tax is that of what remains.

    Where a person has credited at Stripe, with a tax of its own, only what is left at the end is.
    """
    notes: dict[str, list[Row]] = defaultdict(list)
    for note in seen.notes_there:
        if note["status"] != "void":
            notes[note["invoice"]].append(note)
    booked: Counter[str] = Counter()
    for entry in seen.ledger:
        if entry["account"] == "tax":
            booked[entry["document"].split(":")[0]] += entry["amount"]
    at_stripe = {there["id"]: there for there in seen.invoices_there}
    for name, row in seen.invoices.items():
        there = at_stripe.get(row["stripe_invoice_id"])
        if there is None or not seen.is_issued(row):
            continue
        currency = row["currency"]
        net = there["subtotal"] - sum(note["subtotal"] for note in notes[there["id"]])
        tax = there["total"] - there["subtotal"]
        tax -= sum(note["total"] - note["subtotal"] for note in notes[there["id"]])
        is_ours_alone = all("trueback_document" in note["metadata"] for note in notes[there["id"]])
        of_lines = [line for line in seen.lines.values() if line["invoice_id"] == name]
        (percent,) = {line["tax_percent"] or Decimal(0) for line in of_lines}
        rate = Fraction(percent) / 100
        wanted = to_minor(Fraction(from_minor(net, currency)) * rate, currency)
        if tax != wanted and (is_ours_alone or not net):
            yield f"I6: of {row['number']} {net} is left, with {tax} of tax in place of {wanted}"
        on_it = [key for key, note in seen.notes.items() if note["invoice_id"] == name]
        in_books = -sum(booked[key] for key in (name, *on_it))
        if in_books != from_minor(tax, currency):
            yield f"I7: {in_books} of {row['number']}'s tax is in the books, {tax} at Stripe"


def _grants(seen: Seen) -> Iterator[str]:
    """I15."""
    for draw in seen.draws:
        if draw["amount_minor"] < 0:
            yield f"I15: {draw['amount_minor']} of {draw['grant_id']} is drawn in {draw['period']}"
    for name, grant in seen.grants.items():
        if seen.left_of(name) < 0:
            yield f"I15: of {grant['key']} {-seen.left_of(name)} more is drawn than it has"


def _documents(seen: Seen) -> Iterator[str]:
    """I8, I11 and I13, and that no month is invoiced twice."""
    ours = [
        row["number"] for row in (*seen.invoices.values(), *seen.notes.values()) if row["number"]
    ]
    there = [
        row["number"]
        for row in (*seen.invoices_there, *seen.notes_there)
        if row["number"] and row["status"] != "draft"
    ]
    if sorted(ours) != sorted(there):
        yield f"I8: {sorted(set(ours) ^ set(there))} is not both here and at Stripe, once"
    for note in seen.notes.values():
        if note["kind"] == "true_up" and not (note["causes"] and note["close_number"] > 1):
            yield f"I11: {note['note_id']} names no close or cause"
    for name in seen.accounts:
        notes, debit = seen.unissued(name), seen.open_debit(name)
        closes = {note["close_number"] for note in notes}
        closes |= {debit["close_number"]} if debit is not None else set()
        if (notes and debit is not None) or len(closes) > 1:
            yield f"I13: {name} has {len(notes)} notes and the debit {debit} at once"
    standard: Counter[tuple[str, str]] = Counter(
        (row["customer_id"], row["period"])
        for row in seen.invoices.values()
        if row["kind"] == "standard" and row["state"] != "void"
    )
    for (customer, period), count in standard.items():
        if count > 1:
            yield f"{customer}'s {period} is invoiced {count} times"
