"""Context of the operator's overview, pools and close."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from deploy.page_previews import costs, operator
from deploy.page_previews.numbers import PERIOD, numbers, usd
from services.portal.domain.period_checks import Check, check_of, override_of

_NOVEMBER: Final = PERIOD.following
_FIGURES: Final[Mapping[str, Mapping[str, Any]]] = {
    "snapshot_complete": {"snapshots": 2},
    "proof_holds": {"difference": "0"},
    "unallocated_within_limit": {"share": "0.0168", "limit": "0.05"},
    "signals_complete": {"missing_meters": []},
    "month_is_over": {},
    "no_quarantined_file": {"deliveries": []},
    "run_is_newest": {},
}
_FAILED: Final[Mapping[str, Mapping[str, Any]]] = {
    "unallocated_within_limit": {"share": "0.0731", "limit": "0.05"},
    "signals_complete": {"missing_meters": ["alb_lcu"]},
}


def checks(*, failed: bool = False) -> list[Check]:
    fails = _FAILED if failed else {}
    return [
        check_of(name=name, passed=name not in fails, figures=fails.get(name, figures))
        for name, figures in _FIGURES.items()
    ]


def overview(**changed: Any) -> dict[str, Any]:
    page = operator.margins()
    return {
        "period": PERIOD,
        "period_state": "settling",
        "compared_to": PERIOD.previous,
        "currency": "USD",
        "figures": page["figures"],
        "proof": page["proof"],
        "waterfall": costs.waterfall(),
        "movers": costs.movers(),
        "movers_before": PERIOD.previous,
        "days_compared": None,
        "next_close": next_close(),
    } | changed


def next_close(*, problem: str = "") -> dict[str, Any]:
    found = [] if problem else checks(failed=True)
    return {"month": PERIOD, "state": "settling", "checks": found, "problem": problem}


def first_month() -> dict[str, Any]:
    figures = [figure | {"change": None} for figure in operator.margins()["figures"]]
    return overview(figures=figures, compared_to=None, movers=[], movers_before=None)


def month_so_far() -> dict[str, Any]:
    figures = [
        figure | {"change": None, "note": "so far"} for figure in operator.margins()["figures"]
    ]
    return overview(
        period=_NOVEMBER, period_state="open", figures=figures, compared_to=None, days_compared=22,
        movers_before=PERIOD,
    )  # fmt: skip


def pools(**changed: Any) -> dict[str, Any]:
    found = [
        _pool("nat", "NAT", "6211.4471", "0.914", ("nat_bytes", "even"), 744, 738, "50.2512"),
        _pool("logs", "Logs", "2140.0902", "0.021", ("log_bytes", "proportional"), 744, 744, "0"),
        _pool("load-balancer", "Load balancer", "880.5", "-0.008", ("alb_lcu",), 744, 0, "880.5"),
        _pool("support", "Support", "1204.25", None, ("",), 744, 744, "0"),
    ]
    total = sum((pool["cost"].amount for pool in found), Decimal(0))
    return {
        "period": PERIOD,
        "period_state": "closed",
        "is_attributed": True,
        "currency": "USD",
        "pools": found,
        "total": usd(total),
        "compared_to": PERIOD.previous,
    } | changed


def _pool(key: str, label: str, cost: str, change: str | None, meters: tuple[str, ...],
          hours: int, heard: int, fallback: str) -> dict[str, Any]:  # fmt: skip
    amount, by_fallback = Decimal(cost), Decimal(fallback)
    unmetered = Decimal("12.5") if key == "nat" else Decimal(0)
    tenants = numbers().tenants
    weights = [max(1, int(tenant.shared)) for tenant in tenants]
    parts = [
        _part(tenant.key, tenant.name, (amount - unmetered) * weight / sum(weights), amount)
        for tenant, weight in zip(tenants, weights, strict=True)
    ]
    parts.sort(key=lambda part: -part["amount"].amount)
    kinds = {"even": ("Evenly", ""), "proportional": ("In proportion to direct cost", "")}
    rests = [("Unmetered", "used by those who were not active then", unmetered)]
    return {
        "key": key,
        "label": label,
        "cost": usd(amount),
        "change": None if change is None else Decimal(change),
        "was": None,
        "drivers": [
            dict(zip(("label", "signal"), kinds.get(meter or "even", ("Measured", meter)),
                     strict=True))
            for meter in meters
        ],
        "meter": meters[0],
        "coverage": Decimal(heard) / hours,
        "hours": hours,
        "hours_with_signal": heard,
        "fallback": usd(by_fallback),
        "fallback_ratio": by_fallback / amount,
        "unmetered": usd(unmetered),
        "parts": parts,
        "rests": [
            {"label": text, "hint": hint, "amount": usd(part), "ratio": part / amount}
            for text, hint, part in rests
            if part
        ],
    }  # fmt: skip


def _part(key: str, name: str, amount: Decimal, whole: Decimal) -> dict[str, Any]:
    methods = [("By measured use", usd(amount * Decimal("0.98"))),
               ("Evenly", usd(amount * Decimal("0.02")))]  # fmt: skip
    return {"key": key, "name": name, "amount": usd(amount), "ratio": amount / whole,
            "methods": methods}  # fmt: skip


def close(**changed: Any) -> dict[str, Any]:
    return {
        "period": PERIOD,
        "period_state": "settling",
        "periods": _periods(),
        "problem": "",
        "may_close": True,
        "is_attributed": True,
        "currency": "USD",
        "closed_by": "",
        "closed_at": None,
        "overrides": [],
        "revisions": [],
        "revised_by": None,
        "checks": [{"check": check, "reason": ""} for check in checks(failed=True)],
        "unanswered": "",
        "run_id": "run_0192f0c3",
        "checks_problem": "",
        "is_closed_there": False,
    } | changed


def closed(*, restated: bool = True) -> dict[str, Any]:
    rows = [("globex", "Globex Logistics", "7702.11", "7745.62"),
            ("acme", "Acme Robotics", "9891.40", "9868.12")]  # fmt: skip
    revisions = [
        {"tenant": key, "name": name, "before": usd(before), "after": usd(after),
         "difference": usd(Decimal(after) - Decimal(before))}
        for key, name, before, after in rows
    ]  # fmt: skip
    return close(
        period_state="reopened" if restated else "closed",
        closed_by="Olivia Marsh",
        closed_at=datetime(2026, 11, 3, 9, 12, tzinfo=UTC),
        overrides=[
            override_of(
                check="signals_complete", reason="the balancer was switched off", by="olivia"
            )
        ],
        revisions=revisions if restated else [],
        revised_by=usd("20.23") if restated else None,
        checks=[{"check": check, "reason": ""} for check in checks()],
        is_closed_there=True,
    )


def _periods() -> list[dict[str, Any]]:
    bill = numbers().bill
    rows = (
        (_NOVEMBER, "open", "0.71"),
        (PERIOD, "settling", "1"),
        (PERIOD.previous, "reopened", "0.93"),
        (PERIOD.previous.previous, "closed", "0.9"),
    )
    return [
        {
            "month": month,
            "state": state,
            "bill": usd((bill * Decimal(part)).quantize(Decimal("0.01"))),
            "unallocated_ratio": Decimal("0.0168"),
            "closed_by": "",
            "closed_at": None,
            "revised_tenant_count": 2 if state == "reopened" else 0,
            "revised_by": usd("20.23") if state == "reopened" else None,
        }
        for month, state, part in rows
    ]  # fmt: skip
