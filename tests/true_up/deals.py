"""What a customer may have agreed, and what his months may cost."""

from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st

from tests.true_up.scenario import Costs, Deal

PLUS_20: Final = {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"}
_STEPS: Final = [
    {"to": "1000", "percent": "30"},
    {"to": "1500", "percent": "20"},
    {"percent": "10"},
]
# Units of the contract's currency for one of the bill's.
_RATES: Final = {"USD": "", "JPY": "151.2345", "KWD": "0.30712"}
_TAXES: Final[list[dict[str, Any]]] = [
    {},
    {"category": "standard", "percent": "19", "place": "DE"},
    {"category": "standard", "percent": "7.75", "place": "US-WA"},
    {"category": "reverse_charge", "percent": "0", "place": "FR"},
]
_LIKE_DOLLARS: Final = {"USD": 1, "JPY": 150, "KWD": Decimal("0.3")}


def _amount(dollars: int, currency: str) -> str:
    return str(int(dollars * _LIKE_DOLLARS[currency]))


def plans(currency: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    by_group = {**PLUS_20, "groups": {"Compute": "25", "Storage": "10"}}
    return st.sampled_from(
        [
            [PLUS_20],
            [by_group],
            [{**by_group, "floor": "1900"}],
            [{"kind": "graduated", "name": "Steps", "steps": _STEPS}],
            [{"kind": "volume", "name": "Steps", "steps": _STEPS}],
            [PLUS_20, {"kind": "minimum", "amount": _amount(2_000, currency)}],
            [PLUS_20, {"kind": "cap", "amount": _amount(1_800, currency)}],
            [PLUS_20, {"kind": "discount", "percent": "12.5"}],
            [
                by_group,
                {"kind": "discount", "amount": _amount(100, currency)},
                {"kind": "minimum", "amount": _amount(1_500, currency)},
            ],
        ]
    )


@st.composite
def policies(draw: st.DrawFn, currency: str) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "up": draw(
            st.sampled_from(["supplementary", "supplementary", "next_invoice", "never"]),
        ),
        "down_paid": draw(st.sampled_from(["balance", "refund", "out_of_band"])),
    }
    threshold = draw(st.sampled_from([None, 0, 20]))
    if threshold is not None:
        policy["threshold"] = _amount(threshold, currency)
    if draw(st.integers(0, 3)) == 0:
        policy["charge_max_percent"] = draw(st.sampled_from(["5", "0.5", "33.3"]))
    if draw(st.booleans()):
        policy["auto_approve_below"] = _amount(10_000, currency)
    return policy


@st.composite
def granted(draw: st.DrawFn, currency: str) -> list[dict[str, Any]]:
    """None, one that several months draw of, or two; some have expired by the second month."""
    if draw(st.integers(0, 2)):
        return []
    sizes = draw(st.lists(st.sampled_from([90, 500, 2_600]), min_size=1, max_size=2))
    return [
        {
            "key": f"grant-{number}",
            "amount": _amount(size, currency),
            "expires": draw(st.sampled_from([None, "2026-10-31", "2026-12-31"])),
            "kind": draw(st.sampled_from(["bought", "promotional"])),
        }
        for number, size in enumerate(sizes)
    ]


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    currency = draw(st.sampled_from(["USD", "USD", "JPY", "KWD"]))
    return Deal(
        components=draw(plans(currency)),
        tenants=draw(st.sampled_from([("acme",), ("acme", "labs")])),
        currency=currency,
        rate=_RATES[currency],
        true_up=draw(policies(currency)),
        may_void=draw(st.integers(0, 4)) == 0,
        grants=draw(granted(currency)),
        tax=draw(st.sampled_from(_TAXES)),
    )


AMOUNTS: Final = st.one_of(
    st.integers(80_000, 150_000).map(lambda cents: Decimal(cents) / 100),
    st.sampled_from(["1200.5", "1150.25", "1200.125", "1260.75", "310.0712345678", "340"]).map(
        Decimal
    ),
    st.integers(-60_000, 60_000).map(lambda cents: Decimal(cents) / 100),
    st.integers(1, 2 * 10**13).map(lambda quanta: Decimal(quanta).scaleb(-10)),
)


@st.composite
def costs(draw: st.DrawFn) -> Costs:
    groups = st.dictionaries(st.sampled_from(["Compute", "Storage"]), AMOUNTS, min_size=1)
    made = {"acme": draw(groups), "beta": {"Compute": draw(AMOUNTS)}}
    labs = draw(groups | st.none())
    return {**made, **({"labs": labs} if labs else {})}


FIRST: Final = st.fixed_dictionaries(
    {
        "acme": st.just({"Compute": Decimal("1200.5"), "Storage": Decimal("310.0712345678")}),
        "beta": st.just({"Compute": Decimal(800)}),
        "labs": st.just({"Compute": Decimal("120.25")}),
    }
)
