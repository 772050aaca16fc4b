"""`trueback corrections`: what a restated month corrects, as JSON or to read."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

import typer

from deploy.commands.operate import calls, this_stack
from services.command.attribute import month_of
from shared.exact import shortened
from shared.vocabulary.modes import Mode
from shared.vocabulary.roles import Role

# What --json prints of an account and of each document of it, in this order.
OF_AN_ACCOUNT: Final = (
    *("customer", "contract", "currency", "base", "target", "billed", "carried"),
    *("waived", "waived_why", "cause", "close"),
)
OF_A_DOCUMENT: Final = (
    *("kind", "number", "corrects", "net", "tax", "state"),
    *("remaining", "balance", "refund", "out_of_band"),
)


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
    as_json: Annotated[
        bool,
        typer.Option("--json", help="one list, decimals as text, with what each account is off by"),
    ] = False,
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
    if as_json:
        print(json.dumps([_written(*each) for each in _with_differences(rows)], indent=1))
    else:
        print("\n".join(_lines(rows, str(month))))


def _with_differences(
    rows: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """None where invoices go to Stripe itself, whose store nobody can read as a whole."""
    from deploy.demo.true_up import account_differences  # noqa: PLC0415 - the lake's libraries

    stack = this_stack()
    if stack.home.mode == Mode.LIVE:
        yield from ((row, None) for row in rows)
        return
    off_by = account_differences(stack.servers, rows)
    yield from zip(rows, (str(shortened(amount)) for amount in off_by), strict=True)


def _written(row: Mapping[str, Any], difference: str | None) -> dict[str, Any]:
    documents = [{name: one[name] for name in OF_A_DOCUMENT} for one in row["documents"]]
    account = {name: row[name] for name in OF_AN_ACCOUNT}
    return {**account, "documents": documents, "difference": difference}


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
