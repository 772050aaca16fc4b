"""JSON bodies within limits that every view may rely on.

RFC 8259, section 9: a parser may limit the size of texts, the depth of nesting, the range of
numbers and the content of strings.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any, Final, Never

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from shared.characters import NOT_IN_WORDS

# No contract nests deeper than 6.
DEPTH_MAX: Final = 32
# 28 digits are the widest amount that the database keeps; an exponent would only write zeros.
NUMBER_CHARACTERS_MAX: Final = 40


class LimitedJSONParser(JSONParser):
    """Numbers with a fraction come as `Decimal`; what is outside the limits is a ParseError."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - the framework's signature
        parser_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Any:
        try:
            value = json.loads(
                stream.read(), parse_int=_integer, parse_float=_decimal, parse_constant=_constant
            )
        except RecursionError as error:
            raise ParseError(_TOO_DEEP) from error
        except ValueError as error:
            raise ParseError(f"This is no JSON: {error}.") from error
        for text in _texts(value):
            _check_text(text)
        return value


_TOO_DEEP: Final = f"JSON nested deeper than {DEPTH_MAX} levels is not taken."


def _integer(text: str) -> int:
    return int(_within_limit(text))


def _decimal(text: str) -> Decimal:
    if "e" in text.lower():
        raise ParseError("Write the number without an exponent.")
    return Decimal(_within_limit(text))


def _within_limit(text: str) -> str:
    if len(text) > NUMBER_CHARACTERS_MAX:
        raise ParseError(f"A number has more than {NUMBER_CHARACTERS_MAX} characters.")
    return text


def _constant(text: str) -> Never:
    raise ParseError(f"{text} is no number in JSON.")


def _texts(value: Any) -> Iterator[str]:
    """All keys and texts, without recursion of our own."""
    waiting = [(value, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise ParseError(_TOO_DEEP)
        if isinstance(part, str):
            yield part
        elif isinstance(part, dict):
            yield from part
            waiting += [(each, depth + 1) for each in part.values()]
        elif isinstance(part, list):
            waiting += [(each, depth + 1) for each in part]


def _check_text(text: str) -> None:
    """It may become a text of a fact, which whoever gets the fact would refuse."""
    odd = NOT_IN_WORDS.search(text)
    if odd is None:
        return
    if odd[0] == "\0":
        raise ParseError("A text holds a NUL character.")
    if unicodedata.category(odd[0]) == "Cs":
        raise ParseError("A text holds half of a surrogate pair.")
    raise ParseError(f"A text holds the control character U+{ord(odd[0]):04X}.")
