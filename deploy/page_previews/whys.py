"""An explanation as attribution gives it, and its page."""

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from services.attribution.domain.evidence import (
    BillLines,
    Evidence,
    Explanation,
    Line,
    LineEvidence,
    Part,
    Provenance,
    Selection,
    Share,
    SignalRows,
)
from services.attribution.domain.evidence_json import to_json
from services.portal.domain.explanation import explained
from services.portal.pages.page import TenantName
from services.portal.pages.why import WhyPage
from shared.money import to_quanta
from shared.periods import Month

_WEIGHTS = (5_368_709_120, 1_073_741_824, 21_474_836_480)


def answer() -> dict[str, Any]:
    """A pool by its signal and, where that was silent, by its fallback; and tagged lines."""
    hours = tuple(_hour(hour) for hour in range(14))
    silent = tuple(_silent_hour(hour) for hour in (2, 3))
    lines = (
        _line("pool:nat", "pool-signal", hours),
        _line("pool:nat", "pool-even", silent),
        _line("Databases", "label", (_tagged(),)),
    )
    explanation = Explanation(
        selection=Selection("globex"),
        period="2026-10",
        currency="USD",
        cost_measure="EffectiveCost",
        provenance=Provenance("run_01932f7c5d", "ea278b4d54d96d2e"),
        lines=lines,
    )
    return to_json(explanation)


def page() -> WhyPage:
    return replace(computed(), group="", state="known", **vars(explained(answer())))


def computed() -> WhyPage:
    return WhyPage(
        period=Month(2026, 10),
        tenant=TenantName("globex", "Globex"),
        group="Shared NAT",
        state="computed",
    )


def unknown() -> WhyPage:
    return replace(computed(), group="", state="unknown", problem="The run was deleted.")


def _line(charge_group: str, method: str, parts: tuple[Part, ...]) -> LineEvidence:
    return LineEvidence(charge_group, method, sum(part.quanta for part in parts), parts)


def _bill_lines(count: int, amount: str) -> BillLines:
    quanta = to_quanta(Decimal(amount))
    named = ("1:5238", "0:14210", "2:771")
    return BillLines(count, quanta, tuple(Line("aws", name, quanta // count) for name in named))


def _hour(hour: int) -> Part:
    used = SignalRows("nat_bytes", 2, Decimal(_WEIGHTS[1]), "By")
    cost = _bill_lines(4, f"{12 + hour}.4182940{hour:02d}")
    share = Share(cost, "signal:nat_bytes", _WEIGHTS, own=1, signals=(used,))
    return _part("Amazon EC2", share, hour, driver="signal:nat_bytes", rule="pool:nat")


def _silent_hour(hour: int) -> Part:
    share = Share(_bill_lines(4, f"11.{hour}"), "fallback:even", (1,) * 12, own=4)
    return _part("Amazon EC2", share, hour, driver="fallback:even", rule="pool:nat")


def _tagged() -> Part:
    return _part("Amazon RDS", _bill_lines(744, "167.4"), None, driver="", rule="tag:customer")


def _part(service: str, evidence: Evidence, hour: int | None, *, driver: str, rule: str) -> Part:
    start = None if hour is None else dt.datetime(2026, 10, 14, hour)  # noqa: DTZ001 - as evidence has it
    return Part(
        service=service,
        account="444455556666",
        region="us-west-2",
        charge_category="Usage",
        rule=rule,
        driver=driver,
        day=start and start.date(),
        start=start,
        place="",
        pods="",
        reason="",
        tag_key="",
        tag_value="",
        evidence=evidence,
    )
