"""The calls that are implemented: Stripe's route, and what does it."""

import re
from collections.abc import Callable
from typing import Final

from deploy.stripe_standin import (
    balances,
    credit_notes,
    customers,
    invoice_lines,
    invoice_states,
    invoices,
    payments,
    refunds,
)
from deploy.stripe_standin import webhook_endpoints as endpoints
from deploy.stripe_standin.call import Call
from deploy.stripe_standin.events import list_events, read_event
from deploy.stripe_standin.store import Body

Handler = Callable[[Call], Body]


def _list_events(call: Call) -> Body:
    call.accept(
        "created", "type", "types", "delivery_success", "limit", "starting_after", "ending_before"
    )
    return list_events(call.store, call.params)


def _read_event(call: Call) -> Body:
    call.accept()
    return read_event(call.store, call.path["id"])


ROUTES: Final[dict[tuple[str, str], Handler]] = {
    ("POST", "/v1/customers"): customers.create_customer,
    ("GET", "/v1/customers"): customers.list_customers,
    ("GET", "/v1/customers/{customer}"): customers.read_customer,
    ("POST", "/v1/customers/{customer}"): customers.update_customer,
    ("DELETE", "/v1/customers/{customer}"): customers.delete_customer,
    ("GET", "/v1/customers/{customer}/balance_transactions"): balances.list_transactions,
    ("POST", "/v1/customers/{customer}/balance_transactions"): balances.create_transaction,
    ("POST", "/v1/invoices"): invoices.create_invoice,
    ("GET", "/v1/invoices"): invoices.list_invoices,
    ("GET", "/v1/invoices/{invoice}"): invoices.read_invoice,
    ("POST", "/v1/invoices/{invoice}"): invoices.update_invoice,
    ("DELETE", "/v1/invoices/{invoice}"): invoices.delete_invoice,
    ("POST", "/v1/invoices/{invoice}/add_lines"): invoice_lines.add_lines,
    ("POST", "/v1/invoices/{invoice}/update_lines"): invoice_lines.update_lines,
    ("POST", "/v1/invoices/{invoice}/remove_lines"): invoice_lines.remove_lines,
    ("GET", "/v1/invoices/{invoice}/lines"): invoice_lines.list_lines,
    ("POST", "/v1/invoices/{invoice}/lines/{line_item_id}"): invoice_lines.update_line,
    ("POST", "/v1/invoices/{invoice}/finalize"): invoice_states.finalize_invoice,
    ("POST", "/v1/invoices/{invoice}/send"): invoice_states.send_invoice,
    ("POST", "/v1/invoices/{invoice}/pay"): invoice_states.pay_invoice,
    ("POST", "/v1/invoices/{invoice}/void"): invoice_states.void_invoice,
    ("POST", "/v1/invoices/{invoice}/mark_uncollectible"): invoice_states.mark_uncollectible,
    ("POST", "/v1/invoiceitems"): invoice_lines.create_item,
    ("GET", "/v1/invoice_payments"): payments.list_payments,
    ("GET", "/v1/invoice_payments/{invoice_payment}"): payments.read_payment,
    ("GET", "/v1/charges"): payments.list_charges,
    ("GET", "/v1/charges/{charge}"): payments.read_charge,
    ("POST", "/v1/refunds"): refunds.create_refund,
    ("GET", "/v1/refunds"): refunds.list_refunds,
    ("GET", "/v1/refunds/{refund}"): refunds.read_refund,
    ("GET", "/v1/disputes"): refunds.list_disputes,
    ("GET", "/v1/disputes/{dispute}"): refunds.read_dispute,
    # Before `{id}`: the first route that fits answers.
    ("GET", "/v1/credit_notes/preview"): credit_notes.preview_note,
    ("GET", "/v1/credit_notes/preview/lines"): credit_notes.preview_lines,
    ("POST", "/v1/credit_notes"): credit_notes.create_note,
    ("GET", "/v1/credit_notes"): credit_notes.list_notes,
    ("GET", "/v1/credit_notes/{credit_note}/lines"): credit_notes.list_lines,
    ("GET", "/v1/credit_notes/{id}"): credit_notes.read_note,
    ("POST", "/v1/credit_notes/{id}"): credit_notes.update_note,
    ("POST", "/v1/credit_notes/{id}/void"): credit_notes.void_note,
    ("GET", "/v1/events"): _list_events,
    ("GET", "/v1/events/{id}"): _read_event,
    ("POST", "/v1/webhook_endpoints"): endpoints.create_endpoint,
    ("GET", "/v1/webhook_endpoints"): endpoints.list_endpoints,
    ("GET", "/v1/webhook_endpoints/{webhook_endpoint}"): endpoints.read_endpoint,
    ("POST", "/v1/webhook_endpoints/{webhook_endpoint}"): endpoints.update_endpoint,
    ("DELETE", "/v1/webhook_endpoints/{webhook_endpoint}"): endpoints.delete_endpoint,
}

_PATTERNS: Final = [
    (method, route, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route) + r"\Z"))
    for method, route in ROUTES
]


def find_route(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    for known, route, pattern in _PATTERNS:
        match = pattern.match(path) if known == method else None
        if match is not None:
            return route, match.groupdict()
    return None
