"""`trueback fix`: what can be done about an invoice, what it comes to, and doing it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

import typer

from deploy.commands.operate import calls
from shared.vocabulary.fixes import FixRoute
from shared.vocabulary.roles import Role


def fix(
    invoice_id: Annotated[str, typer.Argument(metavar="INVOICE", help="its id, such as inv_...")],
    route: Annotated[
        str, typer.Argument(help="what to do about it; without it the routes are listed")
    ] = "",
    *,
    line: Annotated[
        list[str] | None, typer.Option(help="1:300.00, what a line is given; for each line")
    ] = None,
    reason: Annotated[str, typer.Option(help="why; it is kept in the log")] = "",
    approve: Annotated[
        str, typer.Option(help="a credit note that somebody else has given: it is issued")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one object, decimals as text")] = False,
) -> None:
    """What can be done about an issued invoice and what it comes to, or do it with a reason."""
    wanted = route.replace("-", "_")
    if wanted and wanted not in frozenset(FixRoute):
        known = ", ".join(each.replace("_", "-") for each in FixRoute)
        raise typer.BadParameter(f"{route!r} is none of {known}.", param_hint="ROUTE")
    if approve:
        _approve(invoice_id, approve)
        return
    if wanted and not reason:
        raise typer.BadParameter("it needs a reason.", param_hint="--reason")
    lines = [_line(each) for each in line or []]
    path = f"/api/v1/invoices/{invoice_id}/fixes"
    asked = ",".join(f"{each['position']}:{each['amount']}" for each in lines)
    with calls(Role.BILLING_APPROVER if wanted else Role.OPERATOR_ADMIN) as call:
        shown = call("invoicing", "GET", f"{path}?lines={asked}", None)
        if wanted:
            given = {"route": wanted, "version": shown["version"], "reason": reason, "lines": lines}
            shown = call("invoicing", "POST", path, given)
    if as_json:
        print(json.dumps(shown, indent=1))
    elif wanted:
        print(f"{shown['document']} is {shown['state'].replace('_', ' ')}")
    else:
        print("\n".join(_read(shown)))


def _approve(invoice_id: str, note_id: str) -> None:
    with calls(Role.BILLING_APPROVER) as call:
        shown = call("invoicing", "GET", f"/api/v1/invoices/{invoice_id}/fixes?lines=", None)
        notes = {note["document"]: note["version"] for note in shown["notes"]}
        if note_id not in notes:
            message = f"{note_id!r} is no credit note of {invoice_id}."
            raise typer.BadParameter(message, param_hint="--approve")
        path = f"/api/v1/credit-notes/{note_id}/actions/approve"
        done = call("invoicing", "POST", path, {"version": notes[note_id], "reason": ""})
    print(f"{done['document']} is {done['state'].replace('_', ' ')}")


def _line(text: str) -> dict[str, Any]:
    position, _, amount = text.partition(":")
    if not position.isdecimal() or not amount.replace(".", "", 1).isdecimal():
        message = f"{text!r} is no line and amount, such as 1:300.00."
        raise typer.BadParameter(message, param_hint="--line")
    return {"position": int(position), "amount": amount}


def _read(shown: Mapping[str, Any]) -> list[str]:
    currency = shown["currency"]
    title = f"{shown['number'] or shown['invoice_id']}: {shown['state']}"
    lines = [f"{title}, {shown['total']} {currency}, {shown['remaining']} left to pay"]
    lines += [
        f"  {each['position']}. {each['description']}: {each['room']} of {each['amount']} left"
        for each in shown["lines"]
    ]
    lines += [f"  {_note(each)}" for each in shown["notes"]]
    for each in shown["fixes"]:
        wrong, route = (each[name].replace("_", " ") for name in ("wrong", "route"))
        lines.append(f"  {wrong}: {route.replace(' ', '-')}{_effect(each['effect'])}")
    return lines if shown["fixes"] else [*lines, "  nothing can be done about it here"]


def _note(note: Mapping[str, Any]) -> str:
    of, state = note["given_for"] or note["kind"], note["state"]
    words = f"{of}: {state}".replace("_", " ")
    return f"{note['document']} of {note['net']}, {words}"


def _effect(effect: Mapping[str, str] | None) -> str:
    """What differs from nothing; without amounts it can't be told."""
    if effect is None:
        return ", by lines and amounts"
    parts = [f"{effect['left_to_pay']} left to pay"]
    parts += [
        f"{effect[name]} {words}"
        for name, words in (
            ("balance", "to the balance"),
            ("refund", "refunded"),
            ("out_of_band", "paid back"),
            ("carried", "carried"),
            ("waived", "never billed"),
        )
        if Decimal(effect[name])
    ]
    return f" ({', '.join(parts)})"
