"""`trueback corrections`: what a restated month corrects, as JSON or to read."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any

import typer

from deploy.commands.operate import calls
from services.command.attribute import month_of
from shared.vocabulary.roles import Role


def corrections(
    period: Annotated[str, typer.Argument(help="2026-10")],
    *,
    approve: Annotated[
        int | None,
        typer.Option(help="the close whose corrections are approved, all that wait for it"),
    ] = None,
    reason: Annotated[
        str, typer.Option(help="with --approve: also what its sum alone holds back, and why")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="one list, decimals as text")] = False,
) -> None:
    """What a closed month's invoices are corrected by, or approve what waits."""
    month = month_of(period, hint="PERIOD")
    with calls(Role.BILLING_APPROVER if approve is not None else Role.OPERATOR_ADMIN) as call:
        if approve is not None:
            given = {"close": approve, "reason": reason}
            done = call("invoicing", "POST", f"/api/v1/corrections/{month}/approve", given)
            print(f"{done['count']} approved, {done['left']} left to look at")
            return
        rows = call("invoicing", "GET", f"/api/v1/corrections?period={month}", None)["data"]
    print(json.dumps(rows, indent=1) if as_json else "\n".join(_lines(rows, str(month))))


def _lines(rows: Iterable[Mapping[str, Any]], month: str) -> list[str]:
    """An account a line, and under it its documents; those of which nothing differs are counted."""
    lines, unchanged = [], 0
    for row in rows:
        moved = {name: Decimal(row[name]) for name in ("carried", "waived")}
        if not row["documents"] and not any(moved.values()):
            unchanged += 1
            continue
        billed = f"{row['billed']} of {row['target']} {row['currency']} billed"
        waits = [f"{amount} {name}" for name, amount in moved.items() if amount]
        lines.append(", ".join([f"{row['customer']}: {billed}", *waits, f"account {row['state']}"]))
        lines += [f"  {_document(one)}" for one in row["documents"]]
    lines.append(f"{month}: {unchanged} more as invoiced" if lines else f"{month}: as invoiced")
    return lines


def _document(one: Mapping[str, Any]) -> str:
    kind = one["kind"].replace("_", " ")
    number = f" {one['number']}" if one["number"] else ""
    held = ", ".join(cause["code"] for cause in one["parked_for"])
    why = f" ({held})" if held else ""
    return (
        f"{kind}{number} of {one['net']} on {one['corrects'] or 'no invoice'}: {one['state']}{why}"
    )
