"""Lines of a draft invoice, and the invoice items behind them."""

from typing import Any, Final

from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.errors import invalid, malformed, missing, not_implemented
from deploy.stripe_standin.events import changed_attributes
from deploy.stripe_standin.invoice_totals import recompute, snapshot
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.store import Body, Store, new_identifier
from deploy.stripe_standin.taxes import taxes_of

LARGEST_LINE_COUNT: Final = 250
_FIELDS: Final = ("amount", "description", "discountable", "metadata", "period", "quantity")
_TAXED: Final = (*_FIELDS, "tax_amounts")


def add_lines(call: Call) -> Body:
    call.accept("lines", "invoice_metadata")
    store, invoice, before = call.store, *_draft(call)
    lines = call.params["lines"]
    _refuse_too_many(store, invoice, len(lines))
    for index, fields in enumerate(lines):
        _accept_fields(fields, f"lines[{index}]")
        if "amount" not in fields:
            param = f"lines[{index}][amount]"
            raise malformed(
                f"Missing required param: {param}.", param=param, code="parameter_missing"
            )
        _add_line(call, invoice, fields, new_identifier("ii"))
    return _finish(call, invoice, before)


def update_lines(call: Call) -> Body:
    call.accept("lines", "invoice_metadata")
    invoice, before = _draft(call)
    for index, fields in enumerate(call.params["lines"]):
        changes = {name: value for name, value in fields.items() if name != "id"}
        _accept_fields(changes, f"lines[{index}]")
        _change_line(call, invoice, fields["id"], changes)
    return _finish(call, invoice, before)


def update_line(call: Call) -> Body:
    call.accept(*_TAXED)
    invoice, before = _draft(call)
    _change_line(call, invoice, call.path["line_item_id"], call.params)
    _finish(call, invoice, before)
    return call.store.get("line_item", call.path["line_item_id"])


def remove_lines(call: Call) -> Body:
    call.accept("lines", "invoice_metadata")
    invoice, before = _draft(call)
    for fields in call.params["lines"]:
        line = _own_line(call.store, invoice, fields["id"])
        call.store.delete(line["id"])
        call.store.delete(_item_of(line))
        if fields["behavior"] == "unassign":
            raise not_implemented("lines[behavior]=unassign")
    return _finish(call, invoice, before)


def list_lines(call: Call) -> Body:
    call.accept("limit", "starting_after", "ending_before")
    invoice = call.store.get("invoice", call.path["invoice"])
    query = Query("line_item")
    query.where("parent = ?", invoice["id"])
    url = f"/v1/invoices/{invoice['id']}/lines"
    return list_page(call.store, query, call.params, url=url, newest_first=False)


def create_item(call: Call) -> Body:
    """`POST /v1/invoiceitems`: a line of the given draft, else pending at the customer."""
    call.accept(*_FIELDS, "customer", "currency", "invoice")
    params, store = call.params, call.store
    if "customer" not in params or "amount" not in params:
        param = "amount" if "customer" in params else "customer"
        raise malformed(f"Missing required param: {param}.", param=param, code="parameter_missing")
    customer = store.get("customer", params["customer"], param="customer", status=400)
    item = _new_item(call, customer)
    store.add(item, parent=customer["id"])
    if item["invoice"] is not None:
        invoice = store.get("invoice", item["invoice"], param="invoice", status=400)
        _refuse_frozen(invoice)
        before = snapshot(store, invoice)
        _refuse_too_many(store, invoice, 1)
        _add_line(call, invoice, params, item["id"])
        _finish(call, invoice, before)
    call.tell("invoiceitem.created", item)
    return item


def attach_pending_items(call: Call, invoice: Body) -> None:
    for item in call.store.children(invoice["customer"], "invoiceitem"):
        if item["invoice"] is None and item["currency"] == invoice["currency"]:
            _refuse_too_many(call.store, invoice, 1)
            _add_line(call, invoice, item, item["id"])
            call.store.put({**item, "invoice": invoice["id"]})


def _draft(call: Call) -> tuple[Body, Body]:
    invoice = call.store.get("invoice", call.path["invoice"])
    _refuse_frozen(invoice)
    return invoice, snapshot(call.store, invoice)


def _refuse_frozen(invoice: Body) -> None:
    if invoice["status"] != "draft":
        raise invalid(
            f"Invoice {invoice['id']} is no longer editable: its status is {invoice['status']}.",
            code="invoice_not_editable",
        )


def _refuse_too_many(store: Store, invoice: Body, more: int) -> None:
    if store.count(invoice["id"], "line_item") + more > LARGEST_LINE_COUNT:
        message = f"An invoice can have at most {LARGEST_LINE_COUNT} line items."
        raise invalid(message, param="lines", code="invoice_too_many_lines")


def _accept_fields(fields: Body, param: str) -> None:
    for name in fields:
        if name not in _TAXED:
            raise not_implemented(f"{param}[{name}]")


def _finish(call: Call, invoice: Body, before: Body) -> Body:
    metadata = call.params.get("invoice_metadata")
    invoice["metadata"] = merge_metadata(invoice["metadata"], metadata)
    recompute(call.store, invoice)
    call.store.put(invoice)
    shown = snapshot(call.store, invoice)
    call.tell("invoice.updated", shown, changed_attributes(before, shown))
    return shown


def _add_line(call: Call, invoice: Body, fields: Body, item: str) -> None:
    details = {
        "invoice_item": item,
        "proration": False,
        "proration_details": {"credited_items": None},
        "subscription": None,
    }
    line = {
        "id": new_identifier("il"),
        "object": "line_item",
        "amount": fields["amount"],
        "currency": invoice["currency"],
        "description": fields.get("description"),
        "discount_amounts": [],
        "discountable": fields.get("discountable", True),
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": merge_metadata({}, fields.get("metadata")),
        "parent": {
            "type": "invoice_item_details",
            "invoice_item_details": details,
            "subscription_item_details": None,
        },
        "period": _period(fields.get("period"), invoice["created"]),
        "pretax_credit_amounts": [],
        "pricing": None,
        "quantity": fields.get("quantity", 1),
        "quantity_decimal": str(fields.get("quantity", 1)),
        "subscription": None,
        "subtotal": fields["amount"],
        "taxes": taxes_of(call.store, fields.get("tax_amounts")),
    }
    call.store.add(line, parent=invoice["id"])


def _change_line(call: Call, invoice: Body, identifier: str, fields: Body) -> None:
    line = _own_line(call.store, invoice, identifier)
    for name in ("amount", "description", "discountable", "quantity"):
        if name in fields:
            line[name] = fields[name]
    if "tax_amounts" in fields:
        line["taxes"] = taxes_of(call.store, fields["tax_amounts"])
    line["subtotal"] = line["amount"]
    line["quantity_decimal"] = str(line["quantity"])
    line["metadata"] = merge_metadata(line["metadata"], fields.get("metadata"))
    line["period"] = _period(fields.get("period") or line["period"], invoice["created"])
    call.store.put(line)


def _own_line(store: Store, invoice: Body, identifier: str) -> Body:
    line = store.get("line_item", identifier, param="lines", status=400)
    if line["invoice"] != invoice["id"]:
        raise missing("line_item", identifier, param="lines", status=400)
    return line


def _item_of(line: Body) -> str:
    return str(line["parent"]["invoice_item_details"]["invoice_item"])


def _period(value: Any, now: int) -> Body:
    period: Body = value or {"start": now, "end": now}
    if period["end"] < period["start"]:
        message = "The period's end must not be before its start."
        raise invalid(message, param="period[end]")
    return period


def _new_item(call: Call, customer: Body) -> Body:
    params, now = call.params, call.store.now()
    return {
        "id": new_identifier("ii"),
        "object": "invoiceitem",
        "amount": params["amount"],
        "currency": params.get("currency") or customer["currency"] or "usd",
        "customer": customer["id"],
        "date": now,
        "description": params.get("description"),
        "discountable": params.get("discountable", True),
        "discounts": [],
        "invoice": params.get("invoice"),
        "livemode": False,
        "metadata": merge_metadata({}, params.get("metadata")),
        "parent": None,
        "period": _period(params.get("period"), now),
        "pricing": None,
        "proration": False,
        "proration_details": {"discount_amounts": []},
        "quantity": params.get("quantity", 1),
        "quantity_decimal": str(params.get("quantity", 1)),
        "tax_rates": [],
        "test_clock": None,
    }
