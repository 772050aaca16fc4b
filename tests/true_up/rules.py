"""What a settlement must come to: "The settlement" of docs/reference/true-up.md, written anew.

Shares nothing with what settles: amounts are read from Stripe's store, and the target from the
checker's own pricing.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from deploy.true_up_checker.currencies import step_of


@dataclass(frozen=True)
class Before:
    """An account as it is settled: minor units, of what Stripe has.

    `pending` is its debit that is not issued yet, whose first day was `pending_since`.
    """

    target: int
    billed: int
    base: int
    room: int
    pending: int
    pending_since: date | None
    state: str


def agreed(before: Before, terms: dict[str, Any], period: str, day: date) -> int:
    """What of the target is to be billed in the end, by the day of the newest close."""
    policy, step = terms["true_up"], step_of(terms["prices"]["currency"])
    wanted, billed, base = before.target, before.billed, before.base
    most = policy["charge_max_percent"]
    if most is not None and wanted > billed:
        share = Fraction(base) * Fraction(str(most)) / (100 * step)
        wanted = max(billed, min(wanted, base + step * int(share)))
    if day > last_day(period, policy["charge_within_months"]):
        own = 0
        if before.pending_since is not None and before.pending_since <= last_day(
            period, policy["charge_within_months"]
        ):
            own = before.pending
        wanted = min(wanted, max(billed + own, base))
    if policy["up"] == "never" or before.state in ("final", "let_go"):
        wanted = min(wanted, billed)
    if day > last_day(period, policy["credit_within_months"]):
        wanted = max(wanted, billed)
    return max(wanted, billed - before.room)


def may_draw(
    own: Mapping[str, int],
    left: Mapping[str, int],
    terms: dict[str, Any],
    state: str,
    period: str,
    day: date,
) -> tuple[dict[str, int], bool]:
    """Of each grant what a settlement finds of it, and whether draws change at all."""
    policy = terms["true_up"]
    is_over = day > last_day(period, policy["credit_within_months"])
    is_bound = (
        is_over
        or policy["up"] == "never"
        or state in ("final", "let_go")
        or day > last_day(period, policy["charge_within_months"])
    )
    there = {name: drawn + (0 if is_bound else left[name]) for name, drawn in own.items()}
    return there, not is_over


def is_documented(open_minor: int, terms: dict[str, Any], state: str) -> bool:
    """Whether a document is made of it."""
    if state == "stopped" or not open_minor:
        return False
    return abs(open_minor) >= terms["true_up"]["threshold_minor"] or state == "final"


def last_day(period: str, months: int) -> date:
    """October and 3 months is 31 January."""
    year, month = (int(part) for part in period.split("-"))
    years, index = divmod(month - 1 + months, 12)
    return date(year + years, index + 1, calendar.monthrange(year + years, index + 1)[1])
