"""The operator's overview, pools and close."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from deploy.page_previews import costs, operator
from deploy.page_previews.numbers import PERIOD, numbers, usd
from services.portal.domain.period_checks import Check, check_of, override_of
from services.portal.pages.close import (
    CheckToClose,
    ClosePage,
    EarlierClose,
    KeptRuleset,
    PeriodRow,
    Reclose,
    Revision,
    ShownCause,
)
from services.portal.pages.overview import NextClose, OverviewPage
from services.portal.pages.pools import DriverStep, Part, PoolsPage, PoolSplit, Rest
from shared.periods import Month
from shared.vocabulary.period_states import PeriodState

_NOVEMBER: Final = PERIOD.following
_FIGURES: Final[Mapping[str, Mapping[str, Any]]] = {
    "snapshot_complete": {"snapshots": 2},
    "proof_holds": {"difference": "0"},
    "unallocated_within_limit": {"share": "0.0168", "limit": "0.05"},
    "signals_complete": {"missing_meters": []},
    "month_is_over": {},
    "bill_is_final": {"sources": []},
    "no_quarantined_file": {"deliveries": []},
    "run_is_newest": {},
}
_FAILED: Final[Mapping[str, Mapping[str, Any]]] = {
    "unallocated_within_limit": {"share": "0.0731", "limit": "0.05"},
    "signals_complete": {"missing_meters": ["alb_lcu"]},
    "bill_is_final": {"sources": ["azure"]},
}


def checks(*, failed: bool = False) -> list[Check]:
    fails = _FAILED if failed else {}
    return [
        check_of(name=name, passed=name not in fails, figures=fails.get(name, figures))
        for name, figures in _FIGURES.items()
    ]


def overview() -> OverviewPage:
    page = operator.margins()
    return OverviewPage(
        period=PERIOD,
        period_state=PeriodState.SETTLING,
        compared_to=PERIOD.previous,
        currency="USD",
        figures=page.figures,
        proof=page.proof,
        waterfall=costs.waterfall(),
        movers=costs.movers(),
        movers_before=PERIOD.previous,
        days_compared=None,
        next_close=next_close(),
    )


def next_close(*, problem: str = "") -> NextClose:
    return NextClose(PERIOD, PeriodState.SETTLING, [] if problem else checks(failed=True), problem)


def first_month() -> OverviewPage:
    page = overview()
    figures = [replace(figure, change=None) for figure in page.figures]
    return replace(page, figures=figures, compared_to=None, movers=[], movers_before=None)


def month_so_far() -> OverviewPage:
    page = overview()
    return replace(
        page,
        period=_NOVEMBER,
        period_state=PeriodState.OPEN,
        figures=[replace(figure, change=None, note="so far") for figure in page.figures],
        compared_to=None,
        days_compared=22,
        movers_before=PERIOD,
    )


def pools() -> PoolsPage:
    shown = [
        _pool("nat", "NAT", "6211.4471", "0.914", ("nat_bytes", "even"), 744, 738, "50.2512"),
        _pool("logs", "Logs", "2140.0902", "0.021", ("log_bytes", "proportional"), 744, 744, "0"),
        _pool("load-balancer", "Load balancer", "880.5", "-0.008", ("alb_lcu",), 744, 0, "880.5"),
        _pool("support", "Support", "1204.25", None, ("",), 744, 744, "0"),
    ]
    return PoolsPage(
        period=PERIOD,
        period_state=PeriodState.CLOSED,
        is_attributed=True,
        currency="USD",
        pools=shown,
        total=usd(sum((pool.cost.amount for pool in shown), Decimal(0))),
        compared_to=PERIOD.previous,
    )


def _pool(key: str, label: str, cost: str, change: str | None, meters: tuple[str, ...],
          hours: int, hours_with_signal: int, fallback: str) -> PoolSplit:  # fmt: skip
    amount, by_fallback = Decimal(cost), Decimal(fallback)
    unmetered = Decimal("12.5") if key == "nat" else Decimal(0)
    tenants = numbers().tenants
    weights = [max(1, int(tenant.shared)) for tenant in tenants]
    parts = [
        _part(tenant.key, tenant.name, (amount - unmetered) * weight / sum(weights), amount)
        for tenant, weight in zip(tenants, weights, strict=True)
    ]
    parts.sort(key=lambda part: -part.amount.amount)
    kinds = {"even": ("Evenly", ""), "proportional": ("In proportion to direct cost", "")}
    rests = [("Unmetered", "used by those who were not active then", unmetered)]
    return PoolSplit(
        key=key,
        label=label,
        cost=usd(amount),
        change=None if change is None else Decimal(change),
        was=None,
        drivers=[DriverStep(*kinds.get(meter or "even", ("Measured", meter))) for meter in meters],
        meter=meters[0],
        coverage=Decimal(hours_with_signal) / hours,
        hours=hours,
        hours_with_signal=hours_with_signal,
        fallback=usd(by_fallback),
        fallback_ratio=by_fallback / amount,
        unmetered=usd(unmetered),
        parts=parts,
        rests=[Rest(text, hint, usd(part), part / amount) for text, hint, part in rests if part],
    )


def _part(key: str, name: str, amount: Decimal, whole: Decimal) -> Part:
    methods = [("By measured use", usd(amount * Decimal("0.98"))),
               ("Evenly", usd(amount * Decimal("0.02")))]  # fmt: skip
    return Part(key, name, usd(amount), amount / whole, methods)


def close() -> ClosePage:
    return ClosePage(
        period=PERIOD,
        period_state=PeriodState.SETTLING,
        periods=_periods(),
        problem="",
        unanswered="",
        rules_problem="",
        may_close=True,
        may_close_again=False,
        is_attributed=True,
        currency="USD",
        closed_by="",
        closed_at=None,
        overrides=[],
        revisions=[],
        revised_by=None,
        revision_causes=[],
        checks=[CheckToClose(check, "") for check in checks(failed=True)],
        findings=[],
        run_id="run_0192f0c3",
        checks_problem="",
        is_closed_there=False,
        ruleset=None,
        closes=[],
        reclose=None,
    )


def noted() -> ClosePage:
    return replace(
        close(),
        findings=[
            "Label tenant: no line has the tag `custmer`. Did you mean `customer` (1,204.77 USD)?",
            "Pool nat: no usage type is like `NatGatewy*`. Did you mean NatGateway-Bytes?",
            "The tenant key acme-labs took nothing: no label, account or rule names it.",
        ],
    )


def closed() -> ClosePage:
    return replace(
        close(),
        period_state=PeriodState.CLOSED,
        closed_by="Olivia Marsh",
        closed_at=datetime(2026, 11, 3, 9, 12, tzinfo=UTC),
        overrides=[
            override_of(
                check="signals_complete", reason="the balancer was switched off", by="olivia"
            )
        ],
        checks=[CheckToClose(check, "") for check in checks()],
        is_closed_there=True,
        ruleset=KeptRuleset(3, is_current=True),
    )


def restated() -> ClosePage:
    rows = [("globex", "Globex Logistics", "7702.11", "7745.62"),
            ("acme", "Acme Robotics", "9891.40", "9868.12")]  # fmt: skip
    revisions = [
        Revision(key, name, usd(before), usd(after), usd(Decimal(after) - Decimal(before)))
        for key, name, before, after in rows
    ]
    return replace(
        closed(),
        period_state=PeriodState.REOPENED,
        may_close_again=True,
        reclose=Reclose(datetime(2026, 11, 21, 6, 4, tzinfo=UTC), ["Unallocated cost", "Signals"]),
        checks=[CheckToClose(check, "") for check in checks(failed=True)],
        closes=[
            EarlierClose(1, "olivia", datetime(2026, 11, 3, 9, 12, tzinfo=UTC), []),
            EarlierClose(
                2,
                "otto",
                datetime(2026, 11, 9, 8, 30, tzinfo=UTC),
                ["The bill of aws was restated"],
            ),
        ],
        ruleset=KeptRuleset(3, is_current=False),
        revisions=revisions,
        revised_by=usd("20.23"),
        revision_causes=[
            ShownCause("The bill of aws corrects earlier charges", 3, usd("-23.28")),
            ShownCause("The signals of usage came anew", 0, None),
        ],
    )


def _periods() -> list[PeriodRow]:
    bill = numbers().bill
    rows: tuple[tuple[Month, PeriodState, str], ...] = (
        (_NOVEMBER, PeriodState.OPEN, "0.71"),
        (PERIOD, PeriodState.SETTLING, "1"),
        (PERIOD.previous, PeriodState.REOPENED, "0.93"),
        (PERIOD.previous.previous, PeriodState.CLOSED, "0.9"),
    )
    return [
        PeriodRow(
            month=month,
            state=state,
            bill=usd((bill * Decimal(part)).quantize(Decimal("0.01"))),
            unallocated_ratio=Decimal("0.0168"),
            closed_by="",
            closed_at=None,
            revised_tenant_count=2 if state == PeriodState.REOPENED else 0,
            revised_by=usd("20.23") if state == PeriodState.REOPENED else None,
        )
        for month, state, part in rows
    ]
