"""Lines of a credit note: never more than what is left of the invoice's line, tax with them."""

from typing import Final

from deploy.stripe_standin.errors import invalid, malformed, missing, not_implemented
from deploy.stripe_standin.invoice_lines import LARGEST_LINE_COUNT
from deploy.stripe_standin.store import Body, Store, new_identifier
from deploy.stripe_standin.taxes import rate_of, tax

_FIELDS: Final = (
    "type", "amount", "quantity", "invoice_line_item", "description", "metadata", "tax_amounts",
)  # fmt: skip


def credited_lines(store: Store, invoice: Body) -> list[Body]:
    """Lines of all notes on the invoice that are not void."""
    return [
        line
        for note in store.children(invoice["id"], "credit_note")
        if note["status"] != "void"
        for line in store.children(note["id"], "credit_note_line_item")
    ]


def note_lines(store: Store, invoice: Body, wanted: list[Body]) -> list[Body]:
    if len(wanted) > LARGEST_LINE_COUNT:
        message = f"A credit note can have at most {LARGEST_LINE_COUNT} line items."
        raise malformed(message, param="lines")
    before = credited_lines(store, invoice)
    made: list[Body] = []
    for index, fields in enumerate(wanted):
        param = f"lines[{index}]"
        _check_fields(fields, param)
        identifier = fields["invoice_line_item"]
        line = store.get("line_item", identifier, param=f"{param}[invoice_line_item]", status=400)
        if line["invoice"] != invoice["id"]:
            raise missing("line_item", identifier, param=f"{param}[invoice_line_item]", status=400)
        already = [one for one in (*before, *made) if one["invoice_line_item"] == identifier]
        amount = _amount(line, fields, already, param)
        made.append(_line(line, fields, amount, _taxes(line, fields, amount, param)))
    return made


def _check_fields(fields: Body, param: str) -> None:
    for name in fields:
        if name not in _FIELDS:
            raise not_implemented(f"{param}[{name}]")
    if fields["type"] != "invoice_line_item":
        raise not_implemented(f"{param}[type]={fields['type']}")
    if "invoice_line_item" not in fields:
        inner = f"{param}[invoice_line_item]"
        raise malformed(f"Missing required param: {inner}.", param=inner, code="parameter_missing")
    if ("amount" in fields) is ("quantity" in fields):
        raise invalid("You must pass either amount or quantity, not both.", param=f"{param}")


def _amount(line: Body, fields: Body, already: list[Body], param: str) -> int:
    rest = line["amount"] - sum(one["amount"] for one in already)
    if "quantity" in fields:
        return _amount_of_quantity(line, fields["quantity"], already, f"{param}[quantity]")
    amount = int(fields["amount"])
    if amount <= 0:
        message = "The amount of a credit note line item must be greater than 0."
        raise invalid(message, param=f"{param}[amount]")
    if amount > rest:
        message = (
            f"The amount {amount} of the credit note line item is greater than what is left to "
            f"credit of the invoice line item {line['id']}: {rest}."
        )
        raise invalid(message, param=f"{param}[amount]")
    return amount


def _amount_of_quantity(line: Body, quantity: int, already: list[Body], param: str) -> int:
    """A line that was credited by amount has no unit price any more."""
    if any(one["quantity"] is None for one in already):
        message = f"The line item {line['id']} has been credited by amount; use amount again."
        raise invalid(message, param=param)
    rest = line["quantity"] - sum(one["quantity"] for one in already)
    if not 0 < quantity <= rest:
        raise invalid(f"The quantity must be between 1 and {rest}.", param=param)
    return int(line["amount"] * quantity // line["quantity"])


def _taxes(line: Body, fields: Body, amount: int, param: str) -> list[Body]:
    """As given, by the rates Stripe made for that line; else the line's own, by share."""
    own = {rate_of(one): one for one in line["taxes"]}
    if "tax_amounts" not in fields:
        return [
            {**one, "amount": _share(one["amount"], amount, line), "taxable_amount": amount}
            for one in line["taxes"]
        ]
    taxes = []
    for index, given in enumerate(fields["tax_amounts"] or []):
        of = own.get(given["tax_rate"])
        if of is None:
            raise invalid(
                "The tax rate must be one that was automatically created for the invoice line "
                f"item: {given['tax_rate']} is none of {line['id']}.",
                param=f"{param}[tax_amounts][{index}][tax_rate]",
            )
        taxes.append(
            tax(
                amount=given["amount"],
                rate=given["tax_rate"],
                taxable=given["taxable_amount"],
                inclusive=of["tax_behavior"] == "inclusive",
                reason=of["taxability_reason"],
            )
        )
    return taxes


def _share(whole: int, part: int, line: Body) -> int:
    """Half up."""
    return int((2 * whole * part + line["amount"]) // (2 * line["amount"]))


def _line(line: Body, fields: Body, amount: int, taxes: list[Body]) -> Body:
    quantity = fields.get("quantity")
    return {
        "id": new_identifier("cnli"),
        "object": "credit_note_line_item",
        "amount": amount,
        "description": fields.get("description") or line["description"],
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": line["id"],
        "livemode": False,
        "metadata": fields.get("metadata") or {},
        "pretax_credit_amounts": [],
        "quantity": quantity,
        "tax_rates": [],
        "taxes": taxes,
        "type": "invoice_line_item",
        "unit_amount": None if quantity is None else amount // quantity,
        "unit_amount_decimal": None if quantity is None else str(amount // quantity),
    }
