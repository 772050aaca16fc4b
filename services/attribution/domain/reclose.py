"""When a restated month is closed again by itself, and what keeps it from that."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from services.attribution.domain.close_checks import CheckResult
from shared.configuration.billing import Reclose
from shared.periods import Month

# What a customer may still be charged for a month ends with the third month after it, unless the
# contract says otherwise: public utilities are held to about as much.
CHARGE_MONTHS: Final = 3
# A month that is never quiet is closed so long before, as it stands, for its documents to be made.
LAST_CALL: Final = timedelta(days=5)

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """`accepted` failed at the close before and are no worse; `waits_for` fail otherwise."""

    accepted: Sequence[str]
    waits_for: Sequence[str]


def due_at(reclose: Reclose, month: Month, content_since: datetime) -> datetime | None:
    """When a month whose content is as it is since then is closed; None where a person does it.

    Before the last call at the latest at that moment; what changes after it waits its days.
    """
    if reclose.mode == "by_hand":
        return None
    quiet_at = content_since + timedelta(days=reclose.quiet_days)
    last_call = _last_call(month)
    return quiet_at if content_since >= last_call else min(quiet_at, last_call)


def stand(checks: Sequence[CheckResult], overridden: Mapping[str, Figures]) -> Standing:
    """`overridden` is what each check had found that failed at the close before."""
    failed = [check for check in checks if not check.passed]
    accepted = [
        check.name
        for check in failed
        if check.name in overridden and not _is_worse(check, overridden[check.name])
    ]
    waits_for = [check.name for check in failed if check.name not in accepted]
    return Standing(accepted, waits_for)


def _last_call(month: Month) -> datetime:
    last = month
    for _ in range(CHARGE_MONTHS):
        last = last.following
    return last.end - LAST_CALL


def _is_worse(check: CheckResult, before: Figures) -> bool:
    """Of a check without a rule here, and of a close that kept no figures, nobody knows.

    `before` was kept as JSON, so what is compared with it is written as JSON, too.
    """
    rule = _RULES.get(check.name)
    if rule is None:
        return True
    try:
        return rule(before, json.loads(json.dumps(check.figures)))
    except (KeyError, TypeError):
        return True


def _share_rose(before: Figures, after: Figures) -> bool:
    return abs(Decimal(after["share"])) > abs(Decimal(before["share"]))


def _has_more(name: str) -> Callable[[Figures, Figures], bool]:
    def has_more(before: Figures, after: Figures) -> bool:
        return any(one not in before[name] for one in after[name])

    return has_more


_RULES: Final[Mapping[str, Callable[[Figures, Figures], bool]]] = {
    "unallocated_within_limit": _share_rose,
    "signals_complete": _has_more("missing_meters"),
    "no_charge_twice": _has_more("doubled"),
    "bill_is_final": _has_more("sources"),
    "no_quarantined_file": _has_more("deliveries"),
    "nothing_vanished": _has_more("sources"),
}
