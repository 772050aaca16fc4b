"""Draft invoices: create, update, read, list, delete."""

import re
import secrets
from typing import Any, Final

from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.errors import invalid, malformed
from deploy.stripe_standin.events import changed_attributes
from deploy.stripe_standin.invoice_lines import attach_pending_items
from deploy.stripe_standin.invoice_totals import recompute, snapshot
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.store import Body, Store, new_identifier

DAY_SECONDS: Final = 86400
_AUTO_ADVANCE_SECONDS: Final = 3600
_TOKEN_BYTES: Final = 24
_CURRENCY: Final = re.compile(r"\A[a-z]{3}\Z")
_EDITABLE: Final = (
    "auto_advance",
    "collection_method",
    "custom_fields",
    "days_until_due",
    "description",
    "due_date",
    "effective_at",
    "footer",
    "metadata",
    "number",
)
# Stripe lets these be changed after finalisation; the document itself is frozen.
_EDITABLE_WHEN_OPEN: Final = ("auto_advance", "metadata")


def create_invoice(call: Call) -> Body:
    call.accept(
        *_EDITABLE, "customer", "currency", "pending_invoice_items_behavior", "automatic_tax"
    )
    params, store = call.params, call.store
    if "customer" not in params:
        raise malformed(
            "Missing required param: customer.", param="customer", code="parameter_missing"
        )
    customer = store.get("customer", params["customer"], param="customer", status=400)
    if customer.get("deleted"):
        raise invalid(
            f"No such customer: '{customer['id']}'", param="customer", code="resource_missing"
        )
    invoice = _new_invoice(customer, _currency(call, customer), store.now())
    _apply(call, invoice)
    _refuse_automatic_tax(params)
    store.add(invoice, parent=customer["id"])
    if customer["currency"] is None:
        store.put({**customer, "currency": invoice["currency"]})
    if params.get("pending_invoice_items_behavior") == "include":
        attach_pending_items(call, invoice)
    recompute(store, invoice)
    store.put(invoice)
    shown = snapshot(store, invoice)
    call.tell("invoice.created", shown)
    return shown


def update_invoice(call: Call) -> Body:
    call.accept(*_EDITABLE)
    before = call.store.get("invoice", call.path["invoice"])
    if before["status"] != "draft":
        _refuse_frozen(call.params, before["status"])
    after = {**before}
    _apply(call, after)
    call.store.put(after)
    shown = snapshot(call.store, after)
    call.tell("invoice.updated", shown, changed_attributes(snapshot(call.store, before), shown))
    return shown


def read_invoice(call: Call) -> Body:
    call.accept()
    return snapshot(call.store, call.store.get("invoice", call.path["invoice"]))


def list_invoices(call: Call) -> Body:
    call.accept(
        "customer", "status", "created", "due_date", "collection_method", "limit",
        "starting_after", "ending_before",
    )  # fmt: skip
    query = Query("invoice")
    params = call.params
    if "customer" in params:
        query.where("parent = ?", params["customer"])
    if "status" in params:
        query.where("status = ?", params["status"])
    if "collection_method" in params:
        query.where("json_extract(body, '$.collection_method') = ?", params["collection_method"])
    query.where_created(params.get("created"))
    query.where_due(params.get("due_date"))
    page = list_page(call.store, query, params, url="/v1/invoices")
    return {**page, "data": [snapshot(call.store, invoice) for invoice in page["data"]]}


def delete_invoice(call: Call) -> Body:
    call.accept()
    invoice = call.store.get("invoice", call.path["invoice"])
    if invoice["status"] != "draft":
        raise invalid(
            "You can only delete draft invoices. To void a finalized invoice, use void.",
            code="invoice_not_editable",
        )
    shown = snapshot(call.store, invoice)
    call.store.delete(invoice["id"])
    call.tell("invoice.deleted", shown)
    return {"id": invoice["id"], "object": "invoice", "deleted": True}


def _currency(call: Call, customer: Body) -> str:
    currency = str(call.params.get("currency") or customer["currency"] or "usd")
    if not _CURRENCY.match(currency):
        message = f"Invalid currency: {currency}. Use a three-letter ISO code in lowercase."
        raise malformed(message, param="currency")
    return currency


def _apply(call: Call, invoice: Body) -> None:
    params = call.params
    for name in ("auto_advance", "collection_method", "description", "footer", "effective_at"):
        if name in params:
            invoice[name] = params[name] or (False if name == "auto_advance" else None)
    if "custom_fields" in params:
        invoice["custom_fields"] = params["custom_fields"] or None
    if params.get("number"):
        _refuse_used_number(call.store, params["number"], invoice["id"])
        invoice["number"] = params["number"]
    invoice["metadata"] = merge_metadata(invoice["metadata"], params.get("metadata"))
    created = invoice["created"]
    finalizes_at = created + _AUTO_ADVANCE_SECONDS if invoice["auto_advance"] else None
    invoice["automatically_finalizes_at"] = finalizes_at if invoice["status"] == "draft" else None
    _apply_terms(params, invoice)


def _apply_terms(params: Body, invoice: Body) -> None:
    """When it is due: only and always where the customer is sent the invoice."""
    if "days_until_due" in params and "due_date" in params:
        raise invalid("You can't pass both days_until_due and due_date.", param="due_date")
    if "days_until_due" in params:
        invoice["_days_until_due"] = params["days_until_due"]
        invoice["due_date"] = invoice["created"] + params["days_until_due"] * DAY_SECONDS
    if "due_date" in params:
        invoice["_days_until_due"] = None
        invoice["due_date"] = params["due_date"]
    sent = invoice["collection_method"] == "send_invoice"
    if sent and invoice["due_date"] is None:
        message = (
            "If invoice `collection_method` is `send_invoice`, you must pass `days_until_due` or "
            "`due_date`."
        )
        raise invalid(message, param="days_until_due", code="parameter_missing")
    if not sent and invoice["due_date"] is not None:
        message = "You can only set a due date when `collection_method` is `send_invoice`."
        raise invalid(message, param="days_until_due")


def _refuse_used_number(store: Store, number: str, identifier: str) -> None:
    statement = (
        "SELECT 1 FROM object WHERE kind = 'invoice' AND id != ? "
        "AND json_extract(body, '$.number') = ?"
    )
    if store.execute(statement, identifier, number):
        raise invalid(f"The invoice number {number} is already in use.", param="number")


def _refuse_automatic_tax(params: Body) -> None:
    if params.get("automatic_tax", {}).get("enabled"):
        message = "The stand-in does not implement automatic tax."
        raise malformed(message, param="automatic_tax[enabled]", code="standin_not_implemented")


def _refuse_frozen(params: Body, status: str) -> None:
    for name in params:
        if name not in (*_EDITABLE_WHEN_OPEN, "expand"):
            message = f"Finalized invoices can't be updated in this way: {name} ({status})."
            raise invalid(message, param=name, code="invoice_not_editable")


def _new_invoice(customer: Body, currency: str, now: int) -> Body:
    nothing: dict[str, Any] = dict.fromkeys(
        (
            "account_tax_ids", "application", "automatically_finalizes_at", "confirmation_secret",
            "custom_fields", "customer_phone", "customer_shipping", "default_payment_method",
            "default_source", "description", "due_date", "effective_at", "ending_balance", "footer",
            "from_invoice", "hosted_invoice_url", "invoice_pdf", "last_finalization_error",
            "latest_revision", "next_payment_attempt", "number", "on_behalf_of", "parent",
            "receipt_number", "rendering", "shipping_cost", "shipping_details",
            "statement_descriptor", "test_clock", "webhooks_delivered_at",
        )
    )  # fmt: skip
    zeros = dict.fromkeys(
        (
            "amount_due", "amount_overpaid", "amount_paid", "amount_paid_off_stripe",
            "amount_remaining", "amount_shipping", "attempt_count",
            "post_payment_credit_notes_amount", "pre_payment_credit_notes_amount",
            "starting_balance", "subtotal", "subtotal_excluding_tax", "total",
            "total_excluding_tax",
        ),
        0,
    )  # fmt: skip
    empty: dict[str, list[Any]] = {
        name: []
        for name in (
            "customer_tax_ids", "default_tax_rates", "discounts", "total_discount_amounts",
            "total_pretax_credit_amounts", "total_taxes",
        )
    }  # fmt: skip
    return {
        "id": new_identifier("in"),
        "object": "invoice",
        **nothing,
        **zeros,
        **empty,
        "account_country": "US",
        "account_name": "Stand-in account",
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None, "enabled": False, "liability": None, "provider": None,
            "status": None,
        },
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "created": now,
        "currency": currency,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": customer["tax_exempt"],
        "issuer": {"type": "self"},
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "default_mandate": None, "payment_method_options": None, "payment_method_types": None,
        },
        "period_end": now,
        "period_start": now,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None, "marked_uncollectible_at": None, "paid_at": None,
            "voided_at": None,
        },
        "_days_until_due": None,
        "_token": secrets.token_urlsafe(_TOKEN_BYTES),
        "_overdue_told": False,
    }  # fmt: skip
