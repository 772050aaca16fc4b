"""What a test or the demo's checker may do that Stripe's API can't: outside /v1, same key."""

from typing import Any

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.credit_notes import shown_note
from deploy.stripe_standin.errors import malformed
from deploy.stripe_standin.faults import add_fault, clear_faults, list_faults
from deploy.stripe_standin.invoice_states import sweep
from deploy.stripe_standin.invoice_totals import snapshot
from deploy.stripe_standin.money import MONEY, move_money
from deploy.stripe_standin.store import Body, Store


def control(store: Store, method: str, name: str, wish: Any, public_url: str) -> Body:
    if (method, name) == ("POST", "faults"):
        with store.transaction():
            for one in wish if isinstance(wish, list) else [wish]:
                add_fault(store, one)
        return {"faults": list_faults(store)}
    if (method, name) == ("GET", "faults"):
        return {"faults": list_faults(store)}
    if (method, name) == ("DELETE", "faults"):
        clear_faults(store)
        return {"faults": []}
    if (method, name) == ("POST", "advance_clock"):
        return _advance_clock(store, wish, public_url)
    if method == "POST" and name in MONEY:
        with store.transaction():
            call = Call(store=store, params={}, path={}, public_url=public_url)
            return move_money(call, name, wish)
    if method == "GET" and name in _READS:
        return _READS[name](store)
    raise malformed(f"There is no {method} /_control/{name}.")


def _advance_clock(store: Store, wish: Any, public_url: str) -> Body:
    """Forward only; whatever falls due on the way happens now."""
    seconds = wish.get("seconds") if isinstance(wish, dict) else None
    if not isinstance(seconds, int) or seconds < 0:
        raise malformed("`seconds` is a whole number of at least 0.", param="seconds")
    with store.transaction():
        offset = float(store.setting("clock_offset", "0")) + seconds
        store.set_setting("clock_offset", str(offset))
        moved = sweep(store, public_url)
    return {"now": store.now(), "moved": moved}


def _invoices(store: Store) -> Body:
    """Every invoice with all its lines, oldest first."""
    invoices = [
        {**snapshot(store, invoice), "all_lines": store.children(invoice["id"], "line_item")}
        for invoice in store.every("invoice")
    ]
    return {"invoices": invoices}


def _credit_notes(store: Store) -> Body:
    """Every note with all its lines, oldest first, and whether Stripe would have mailed it."""
    notes = [
        {
            **shown_note(store, note),
            "all_lines": store.children(note["id"], "credit_note_line_item"),
            "mailed": note["_mailed"],
        }
        for note in store.every("credit_note")
    ]
    return {"credit_notes": notes}


def _customers(store: Store) -> Body:
    """Every customer; `balance` is below zero where it has a credit."""
    return {"customers": store.every("customer")}


def _calls(store: Store) -> Body:
    """How often each route was called, by status, replays apart."""
    rows = store.execute(
        "SELECT method, route, status, replayed, count(*) AS count FROM call "
        "GROUP BY method, route, status, replayed ORDER BY route, method, status"
    )
    return {"calls": [dict(row) for row in rows]}


def _violations(store: Store) -> Body:
    return {"violations": [dict(row) for row in store.execute("SELECT * FROM violation")]}


def _deliveries(store: Store) -> Body:
    rows = store.execute("SELECT state, count(*) AS count FROM delivery GROUP BY state")
    return {"deliveries": {row["state"]: row["count"] for row in rows}}


_READS = {
    "invoices": _invoices,
    "customers": _customers,
    "credit_notes": _credit_notes,
    "calls": _calls,
    "violations": _violations,
    "deliveries": _deliveries,
}
