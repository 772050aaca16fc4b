"""The base of every part of the file: frozen, and an unknown key is an error."""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.characters import NOT_IN_A_LINE, NOT_IN_WORDS
from shared.vocabulary.meters import meter_name


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _exact(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is needed, not true or false")  # noqa: TRY004 - pydantic's own
    if isinstance(value, float):
        raise ValueError("a number with decimals is read by its text, never through a float")  # noqa: TRY004
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        # Python would take `1_5` for 15, and digits of other scripts.
        raise ValueError("a number is written in the digits 0 to 9, with nothing between them")
    return value


def one_line(name: str) -> str:
    """It stands in facts, on documents and in files of others."""
    if NOT_IN_A_LINE.search(name):
        raise ValueError("this is one line, without tabs and control characters")
    return name


def _words(text: str) -> str:
    if NOT_IN_WORDS.search(text):
        raise ValueError("this has a control character")
    return text


# More digits than the widest number of the database; an exponent counts as the zeros it stands for.
_DIGITS_MAX: Final = 38
Exact = Annotated[
    Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False, max_digits=_DIGITS_MAX)
]
NotNegative = Annotated[Exact, Field(ge=0)]
Name = Annotated[str, AfterValidator(one_line), Field(min_length=1, max_length=200)]
Meter = Annotated[Name, AfterValidator(meter_name)]
# What is compared with values of a bill, which have what somebody has written into a tag.
Alias = Annotated[str, Field(min_length=1, max_length=200)]
# An escape in a text of YAML can stand for any character.
Line = Annotated[str, AfterValidator(one_line)]
Words = Annotated[str, AfterValidator(_words)]
Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
