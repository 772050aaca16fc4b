"""How money, ratios, months, moments and states are written on every page.

Rounding is for the eye only: half-up to the currency's minor unit, with every digit in the title.
A value of None is unknown and is said to be so; it is never shown as zero.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from shared.money import QUANTUM_DIGITS, Money, currency_exponent
from shared.periods import Month
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.invoice_states import State
from shared.vocabulary.modes import Mode
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.sources import DeliveryState, SourceState

register = template.Library()

MINUS: Final = "\N{MINUS SIGN}"
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£"}
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_UNKNOWN: Final = SafeString('<span class="unknown">unknown</span>')
_VOCABULARY: Final[Mapping[str, type[StrEnum]]] = {
    enum.__name__: enum
    for enum in (State, PeriodState, Disclosure, Mode, SourceState, DeliveryState)
}
# Above this many times the base, a change is said in words: per cents stop meaning anything.
_LARGEST_CHANGE: Final = Decimal(10)
# From this amount on, a difference told in a sentence is in whole units.
_WHOLE_FROM: Final = Decimal(100)


def rounded(amount: Decimal, currency: str) -> Decimal:
    step = Decimal(1).scaleb(-currency_exponent(currency))
    return amount.quantize(step, rounding=ROUND_HALF_UP)


def digits(amount: Decimal, currency: str) -> str:
    """`-1,234.50`: grouped, signed by U+2212; what rounds to zero has no sign."""
    value = rounded(amount, currency)
    return f"{MINUS if value < 0 else ''}{abs(value):,f}"


def with_currency(money: Money) -> str:
    """`-$1,234.50`, or `-CHF 1,234.50` where the sign of a currency isn't its alone."""
    symbol = _SYMBOLS.get(money.currency, f"{money.currency} ")
    text = digits(money.amount, money.currency)
    return f"{MINUS}{symbol}{text[1:]}" if text.startswith(MINUS) else f"{symbol}{text}"


def _precise(money: Money) -> str:
    amount = money.amount
    if rounded(amount, money.currency) == amount:
        return f"{digits(amount, money.currency)} {money.currency}"
    text = f"{abs(amount):,f}".rstrip("0")
    return f"{MINUS if amount < 0 else ''}{text} {money.currency}"


def _data(money: Money, content: str | SafeString) -> SafeString:
    negative = rounded(money.amount, money.currency) < 0
    return format_html(
        '<data class="money{}" value="{}" title="{}">{}</data>',
        " is-negative" if negative else "",
        f"{money.amount:f}",
        _precise(money),
        content,
    )


@register.filter
def is_word(value: str, name: str) -> bool:
    """`{% if period_state|is_word:"PeriodState.OPEN" %}`: a word of the vocabulary by its name.

    A name that is misspelt is a KeyError and never false.
    """
    enum, _, member = name.partition(".")
    return value == _VOCABULARY[enum][member]


@register.simple_tag
def money(value: Money | None) -> SafeString:
    """With its currency: for text, headings and totals."""
    return _UNKNOWN if value is None else _data(value, with_currency(value))


@register.simple_tag
def figure(value: Money | None) -> SafeString:
    """Without its currency: for columns whose heading names it."""
    return _UNKNOWN if value is None else _data(value, digits(value.amount, value.currency))


def _difference(money: Money, text: str) -> SafeString:
    """Not coloured: less may be good news."""
    return format_html(
        '<data class="money" value="{}" title="{}">{}</data>',
        f"{money.amount:f}",
        _precise(money),
        text,
    )


@register.simple_tag
def headline(value: Money | None) -> SafeString:
    """With its currency, cents set small: for the figures at the top of a page."""
    if value is None:
        return _UNKNOWN
    whole, point, cents = with_currency(value).partition(".")
    if not point:
        return _data(value, whole)
    return _data(value, format_html('{}<span class="cents">.{}</span>', whole, cents))


@register.simple_tag
def moved(value: Money, *, signed: bool = True) -> SafeString:
    """A difference, signed either way: `+$1,913`; without cents from a hundred on.

    Without its sign where the words before it say the direction.
    """
    places = 0 if abs(value.amount) >= _WHOLE_FROM else currency_exponent(value.currency)
    amount = value.amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    symbol = _SYMBOLS.get(value.currency, f"{value.currency} ")
    sign = (MINUS if amount < 0 else "+") if signed else ""
    return _difference(value, f"{sign}{symbol}{abs(amount):,f}")


@register.simple_tag
def signed(value: Money | None, *, currency: bool = False) -> SafeString:
    """A difference, with its sign also where it is above zero; `currency` for text."""
    if value is None:
        return _UNKNOWN
    plus = "+" if rounded(value.amount, value.currency) > 0 else ""
    text = with_currency(value) if currency else digits(value.amount, value.currency)
    return _difference(value, f"{plus}{text}")


@register.simple_tag
def balance(value: Money, *, currency: bool = False) -> SafeString:
    """Of an account: below zero it is in the reader's favour, and not coloured for that."""
    text = with_currency(value) if currency else digits(value.amount, value.currency)
    return _difference(value, text)


@register.simple_tag
def exact(value: Money) -> SafeString:
    """Every digit, those past the minor unit set small: where sums have to tie before the eye."""
    places = currency_exponent(value.currency)
    whole, _, rest = f"{abs(value.amount):,.{QUANTUM_DIGITS}f}".partition(".")
    symbol = _SYMBOLS.get(value.currency, f"{value.currency} ")
    return format_html(
        '<data class="money{}" value="{}">{}{}{}{}<span class="rest">{}</span></data>',
        " is-negative" if value.amount < 0 else "",
        f"{value.amount:f}",
        MINUS if value.amount < 0 else "",
        symbol,
        whole,
        f".{rest[:places]}" if places else "",
        rest[places:] if places else f".{rest}",
    )


@register.filter
def percent(ratio: Decimal | None, places: int = 1) -> str:
    """`-12.4%` of the ratio -0.124, rounded half-up."""
    if ratio is None:
        return "unknown"
    step = Decimal(1).scaleb(-places)
    value = (ratio * 100).quantize(step, rounding=ROUND_HALF_UP)
    return f"{MINUS if value < 0 else ''}{abs(value):,f}%"


@register.simple_tag
def ratio(value: Decimal | None) -> SafeString:
    """A ratio in a table's cell: signed and coloured where it is below zero."""
    if value is None:
        return _UNKNOWN
    return format_html(
        '<span class="number{}">{}</span>', " is-negative" if value < 0 else "", percent(value)
    )


@register.filter
def quantity(value: Decimal | None) -> str:
    """Grouped, up to three decimals, no zeros at the end."""
    if value is None:
        return "unknown"
    text = f"{abs(value.quantize(Decimal('0.001'), rounding=ROUND_HALF_UP)):,f}"
    return f"{MINUS if value < 0 else ''}{text.rstrip('0').rstrip('.')}"


@register.filter
def month(value: Month) -> str:
    return f"{_MONTHS[value.month - 1]} {value.year}"


@register.filter
def short_month(value: Month) -> str:
    return f"{_MONTHS[value.month - 1][:3]} {value.year}"


@register.filter
def month_name(value: Month) -> str:
    return _MONTHS[value.month - 1][:3]


@register.filter
def day(value: date | None) -> str:
    return "" if value is None else f"{value.day} {_MONTHS[value.month - 1][:3]} {value.year}"


@register.filter
def day_and_month(value: date) -> str:
    return f"{value.day} {_MONTHS[value.month - 1][:3]}"


@register.filter
def hour_or_day(value: datetime | date | None) -> str:
    """`14 Oct, 09:00` of an hour in UTC, `14 Oct` of a day."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{day_and_month(value.date())}, {value:%H:%M}"
    return day_and_month(value)


@register.filter
def utc(value: datetime | None) -> str | SafeString:
    """`24 Nov 2026, 06:07 UTC`, machine-readable beside; a naive datetime is a bug and raises."""
    if value is None:
        return ""
    if value.tzinfo is None:
        raise ValueError("a moment without a time zone is never shown")
    moment = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" class="number">{}, {} UTC</time>',
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        day(moment.date()),
        f"{moment:%H:%M}",
    )


@register.simple_tag
def change(ratio: Decimal | None, good: str = "", unit: str = "") -> SafeString:
    """An arrow and a figure; `good` is `up`, `down` or empty.

    `unit` is `points` where `ratio` is a difference of two ratios.
    """
    if ratio is None:
        return SafeString("")
    direction = "up" if ratio > 0 else "down"
    if percent(ratio).strip(MINUS) == "0.0%":
        return SafeString('<span class="change">no change</span>')
    tone = "" if not good else " good" if direction == good else " bad"
    words = "more than tenfold" if ratio >= _LARGEST_CHANGE else percent(abs(ratio))
    if unit == "points":
        words = f"{percent(abs(ratio)).rstrip('%')} points"
    return format_html(
        '<span class="change{}">{}<span class="visually-hidden">{} </span>{}</span>',
        tone,
        icon(f"arrow-{direction}"),
        direction,
        words,
    )


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decoration: the words beside it say what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("build/icons.svg"),
        name,
    )
