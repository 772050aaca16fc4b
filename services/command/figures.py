"""Figures for reading: rounded half-even, with thousands; the files hold every digit."""

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction


def money(amount: Decimal, digits: int = 2) -> str:
    return f"{amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN):,}"


def per_cent(part: Decimal, whole: Decimal) -> str:
    if not whole:
        return ""
    with localcontext(prec=28):
        return f"{100 * part / whole:.1f} %"


def short_fraction(fraction: Fraction) -> str:
    """As it is where a person can read it, else in per cent."""
    if fraction.denominator < _READABLE:
        return str(fraction)
    return per_cent(Decimal(fraction.numerator), Decimal(fraction.denominator))


_READABLE = 1_000


def in_seconds(time: str) -> str:
    """A time of an API's answer, which has microseconds, as a person reads it."""
    return f"{dt.datetime.fromisoformat(time).astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
