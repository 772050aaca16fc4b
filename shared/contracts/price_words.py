"""How a price comes about, in words: the same on documents, on pages and in answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, assert_never

from shared.contracts.bases import (
    Adjusted,
    Adjustment,
    Basis,
    FeeDays,
    Markup,
    MinimumRest,
    Tiers,
    TierStep,
)
from shared.exact import shortened
from shared.money import currency_exponent
from shared.vocabulary.line_kinds import LineKind, LinelessKind
from shared.vocabulary.names import charge_group_name
from shared.vocabulary.price_changes import PriceChange

_ADJUSTMENTS: Final[Mapping[str, str]] = {
    PriceChange.FLOOR: "raised to a floor of {value}",
    PriceChange.RATE: "at a rate of {value}",
    PriceChange.PERCENT_OFF: "less {value}%",
    PriceChange.CREDIT: "less credits",
    PriceChange.AMOUNT_OFF: "less its part of {value}",
    PriceChange.CAP: "its part of a cap of {value}",
    PriceChange.GRANT: "less its part of a grant",
}
_AMOUNTS: Final = frozenset({PriceChange.AMOUNT_OFF, PriceChange.CAP})


def basis_words(basis: Basis | None) -> str:
    """`cost plus 20%`, `per month`, `12 of 31 days`, `cost plus 20%, less 10%`; "" of None."""
    match basis:
        case None:
            return ""
        case Markup():
            return f"cost plus {_percent(basis.percent)}%"
        case FeeDays():
            whole = basis.days == basis.days_in_all
            return f"per {basis.every}" if whole else f"{basis.days} of {basis.days_in_all} days"
        case Tiers():
            return _tiers(basis.kind, basis.steps)
        case MinimumRest():
            return f"the rest to a minimum of {_amount_of_money(basis.minimum)}"
        case Adjusted():
            return ", ".join([basis_words(basis.of), *map(_adjustment, basis.by)])
        case _:
            assert_never(basis)


def _adjustment(one: Adjustment) -> str:
    """A code of a later release by its name."""
    write = _amount_of_money if one.code in _AMOUNTS else _number
    value = "" if one.value is None else write(one.value)
    words = _ADJUSTMENTS.get(one.code)
    return one.code.replace("_", " ") if words is None else words.format(value=value)


def _tiers(kind: str, steps: Sequence[TierStep]) -> str:
    """`cost plus 30% up to 1,000, then 10%`; `all cost plus 30% where it is up to 1,000, else 10%`.

    The first is graduated, the second by volume.
    """
    if len(steps) == 1:
        return f"cost plus {_percent(steps[0].percent)}%"
    is_graduated = kind == LineKind.GRADUATED
    bound, between, last = ("up to", "then ", "then ") if is_graduated else ("up to", "", "else ")
    parts = [
        f"{between if at else ''}{_percent(step.percent)}% {bound} {_number(step.to)}"
        for at, step in enumerate(steps)
        if step.to is not None
    ]
    whole = "cost plus " if is_graduated else "all of the cost plus "
    return f"{whole}{', '.join(parts)}, {last}{_percent(steps[-1].percent)}%"


def component_words(component: Mapping[str, Any], currency: str = "") -> str:
    """Of a plan: `cost plus 20%`, `6,900.00 USD a month`; without a currency amounts as written.

    Raises KeyError for a kind of a later release.
    """
    return _COMPONENTS[component["kind"]](component, currency)


def _cost_plus(component: Mapping[str, Any], _currency: str) -> str:
    groups = component.get("groups") or {}
    words = [
        f"cost plus {component['percent']}%",
        *(f"{charge_group_name(name)} {percent}%" for name, percent in groups.items()),
        *(
            [f"at least {_number(Decimal(str(component['floor'])))}"]
            if component.get("floor")
            else []
        ),
    ]
    return ", ".join(words)


def _steps(component: Mapping[str, Any], _currency: str) -> str:
    steps = [
        TierStep(
            None if one.get("to") is None else Decimal(str(one["to"])), Decimal(str(one["percent"]))
        )
        for one in component["steps"]
    ]
    return _tiers(component["kind"], steps)


def _fee(component: Mapping[str, Any], currency: str) -> str:
    return f"{_amount(component, currency)} a {component.get('every') or 'month'}"


def _minimum(component: Mapping[str, Any], currency: str) -> str:
    return f"at least {_amount(component, currency)} a month"


def _cap(component: Mapping[str, Any], currency: str) -> str:
    return f"at most {_amount(component, currency)} a month"


def _discount(component: Mapping[str, Any], currency: str) -> str:
    percent = component.get("percent")
    less = f"{percent}%" if percent else f"{_amount(component, currency)} a month"
    return " ".join([f"less {less}", *_days(component)])


def _days(component: Mapping[str, Any]) -> Iterator[str]:
    for name, word in (("from", "from"), ("to", "until")):
        if component.get(name):
            yield f"{word} {component[name]}"


def _amount(component: Mapping[str, Any], currency: str) -> str:
    if not currency:
        return str(component["amount"])
    step = Decimal(1).scaleb(-currency_exponent(currency))
    amount = Decimal(str(component["amount"])).quantize(step, rounding=ROUND_HALF_UP)
    return f"{amount:,f} {currency}"


def _percent(number: Decimal) -> str:
    return f"{shortened(number):f}"


def _number(number: Decimal) -> str:
    """Every digit that counts."""
    return f"{shortened(number):,f}"


def _amount_of_money(amount: Decimal) -> str:
    """With all the decimals of its currency."""
    return f"{amount:,f}"


_COMPONENTS: Final[Mapping[str, Callable[[Mapping[str, Any], str], str]]] = {
    LineKind.COST_PLUS: _cost_plus,
    LineKind.GRADUATED: _steps,
    LineKind.VOLUME: _steps,
    LineKind.FLAT_FEE: _fee,
    LineKind.MINIMUM: _minimum,
    LinelessKind.CAP: _cap,
    LinelessKind.DISCOUNT: _discount,
}
