"""What a text looks like that should be a JSON object of tags and is none."""

import json
import re
from typing import Any

from shared.numbers import is_word_for_nothing


class _KeyTwice(Exception):
    """A key of an object is there with another value, too."""


def differing_keys(text: str) -> str | None:
    """What is wrong with an object in which a key is there twice, with values that differ."""
    try:
        json.loads(text, object_pairs_hook=_once_or_alike)
    except _KeyTwice as twice:
        return str(twice)
    except (ValueError, RecursionError):
        return None
    return None


def json_advice(text: str) -> str:
    if is_word_for_nothing(text):  # NaN is JSON to Python
        return "It is a word for no value: leave the cell empty."
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except _KeyTwice as twice:
        return str(twice)
    except (ValueError, RecursionError):
        return _looks_like(text)
    if not isinstance(content, dict):
        return "It is JSON of another kind: write an object of keys and values."
    return "Write keys once each, with texts as values."


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise _KeyTwice(
                f"The key {key!r} is there twice, as {str(values[key])!r} and {str(value)!r};"
                " which of them counts is not known. Write each key once."
            )
        values[key] = value
    return values


def _once_or_alike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    distinct = {(key, repr(value)): (key, value) for key, value in pairs}
    return _once(list(distinct.values()))


def _looks_like(text: str) -> str:
    if '\\"' in text:
        return (
            "Its quotes are escaped with a backslash, as Spark writes them without another setting;"
            " a CSV doubles them (option escape='\"')."
        )
    if re.match(r"\s*[{\[]\s*[{(]?\s*'", text):
        return "It looks like what Python prints of a dictionary: write JSON (json.dumps)."
    if re.match(r"\s*\{[^\"':]*=", text):
        return "It looks like what Athena or Spark prints of a map: cast the map to JSON."
    return "It is no JSON."
