"""Customers: who is billed, their invoice numbers' prefix and their balance."""

import secrets
import string
from typing import Final

from deploy.stripe_standin.balances import move_balance
from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.errors import invalid
from deploy.stripe_standin.events import changed_attributes
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.store import Body, new_identifier

_PREFIX_ALPHABET: Final = string.ascii_uppercase + string.digits
_PREFIX_LENGTH: Final = 8
_TEXTS: Final = ("description", "email", "name", "phone")
_FIELDS: Final = (*_TEXTS, "address", "metadata", "preferred_locales", "tax_exempt", "balance")


def create_customer(call: Call) -> Body:
    call.accept(*_FIELDS, "invoice_prefix")
    params = call.params
    customer = {
        "id": new_identifier("cus"),
        "object": "customer",
        "created": call.store.now(),
        "livemode": False,
        "balance": 0,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "discount": None,
        "invoice_prefix": params.get("invoice_prefix") or _new_prefix(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "metadata": merge_metadata({}, params.get("metadata")),
        "next_invoice_sequence": 1,
        "preferred_locales": params.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": params.get("tax_exempt") or "none",
        "test_clock": None,
        "address": _address(params.get("address")),
        **{name: params.get(name) for name in _TEXTS},
    }
    call.store.add(customer)
    _set_balance(call, customer, "initial")
    customer = call.store.get("customer", customer["id"])
    call.tell("customer.created", customer)
    return customer


def update_customer(call: Call) -> Body:
    call.accept(*_FIELDS)
    before = _live_customer(call)
    after = {**before, "metadata": merge_metadata(before["metadata"], call.params.get("metadata"))}
    for name in (*_TEXTS, "preferred_locales", "tax_exempt"):
        if name in call.params:
            after[name] = call.params[name] or None
    if "address" in call.params:
        after["address"] = _address(call.params["address"])
    call.store.put(after)
    _set_balance(call, before, "adjustment")
    after = call.store.get("customer", before["id"])
    call.tell("customer.updated", after, changed_attributes(before, after))
    return after


def read_customer(call: Call) -> Body:
    call.accept()
    return call.store.get("customer", call.path["customer"])


def list_customers(call: Call) -> Body:
    call.accept("created", "email", "limit", "starting_after", "ending_before")
    query = Query("customer")
    query.where("json_extract(body, '$.deleted') IS NULL")
    query.where_created(call.params.get("created"))
    if "email" in call.params:
        query.where("json_extract(body, '$.email') = ?", call.params["email"])
    return list_page(call.store, query, call.params, url="/v1/customers")


def delete_customer(call: Call) -> Body:
    call.accept()
    before = _live_customer(call)
    deleted = {"id": before["id"], "object": "customer", "deleted": True}
    call.store.put(deleted)
    call.tell("customer.deleted", before)
    return deleted


def _set_balance(call: Call, before: Body, kind: str) -> None:
    moved = call.params.get("balance", before["balance"]) - before["balance"]
    if moved:
        move_balance(call.store, before["id"], moved, kind)


def _live_customer(call: Call) -> Body:
    customer = call.store.get("customer", call.path["customer"])
    if customer.get("deleted"):
        raise invalid(f"No such customer: '{customer['id']}'", param="id", code="resource_missing")
    return customer


def _address(value: Body | str | None) -> Body | None:
    if not value or isinstance(value, str):
        return None
    names = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: value.get(name) for name in names}


def _new_prefix() -> str:
    return "".join(secrets.choice(_PREFIX_ALPHABET) for _ in range(_PREFIX_LENGTH))
