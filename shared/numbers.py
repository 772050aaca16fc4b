"""How files from elsewhere write numbers, and what a text looks like that is none.

A sign, digits with a point, an exponent: `-1.5`, `.5`, `1e3`. DuckDB's cast takes some more, such
as `1_000` and `3e+4.`, which nobody means.
"""

import re
from typing import Final

from shared.sql.expressions import (
    Sql,
    both,
    call,
    case,
    cast,
    either,
    is_null,
    literal,
    negated,
    null,
)

_NUMBER: Final = re.compile(r"[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?")
_SPACES: Final = " \t\r\n"
_CURRENCY_SIGN: Final = re.compile(
    r"[$\u20ac\u00a3\u00a5\u20b9\u20a9%]|[A-Za-z]{3} |\s[A-Za-z]{3}$"
)
# Digits in groups of three, whatever is between them; cents may follow.
_GROUPED: Final = re.compile(
    r"[+-]?[0-9]{1,3}(?P<sign>[,.'_ \u00a0\u202f\u2019])[0-9]{3}((?P=sign)[0-9]{3})*([.,][0-9]+)?"
)
_NO_VALUE: Final = frozenset(
    ["n/a", "na", "none", "nan", "not applicable", "-", "--", "inf", "nil"]
)


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text.strip(_SPACES)) is not None


def is_word_for_nothing(text: str) -> bool:
    return text.strip().lower() in _NO_VALUE


def no_number(text: Sql, type_: str) -> Sql:
    """Whether a text that is there is no number, or none that the decimal type holds."""
    is_odd = either(
        call("contains", text, literal("_")),
        both(call("ends_with", text, literal(".")), call("regexp_matches", text, literal("[eE]"))),
    )
    is_none = is_null(cast(text, type_, or_null=True))
    return both(negated(is_null(text)), either(is_none, is_odd))


def number_of(text: Sql, type_: str) -> Sql:
    """NULL for no text, and for one that is no number."""
    return case([(no_number(text, type_), null(type_))], cast(text, type_, or_null=True))


def number_advice(text: str) -> str:
    """What a text looks like that is no number, and what to do."""
    plain = text.strip()
    advice = "Export it without a format: digits, a point, a minus."
    if is_word_for_nothing(text):
        return "It is a word for no value: leave the cell empty."
    if _CURRENCY_SIGN.search(plain):
        return f"A spreadsheet has put a sign of currency or a format to it. {advice}"
    if plain.startswith("(") and plain.endswith(")"):
        return f"A spreadsheet writes what is below zero in brackets. {advice}"
    if re.fullmatch(r"[+-]?[0-9.' \u00a0\u202f]*,[0-9]{1,2}|[+-]?[0-9]+,[0-9]+", plain):
        return f"It has a comma as decimal sign, or between thousands. {advice}"
    if _GROUPED.fullmatch(plain):
        return f"It has a separator of thousands. {advice}"
    return advice
