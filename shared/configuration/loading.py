"""From the file to a checked `Configuration`; every fault names the line and the key."""

import difflib
import pathlib
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.configuration.checks import check_references
from shared.configuration.models import Configuration
from shared.configuration.yaml_lines import Document, Path, read_yaml
from shared.faults import BadConfiguration

CONFIGURATION_BYTES_MAX: Final = 8 * 1024 * 1024
"""As much as the body of a request may have; 20,000 tenants take 4 MB."""
_ALIKE: Final = 0.6
"""difflib's ratio above which a key may be what another one was meant to be."""
_TRIED_MAX: Final = 5
"""Each try reads the whole file once more."""


def load_configuration(path: pathlib.Path) -> Configuration:
    try:
        if path.stat().st_size > CONFIGURATION_BYTES_MAX:
            raise BadConfiguration(
                f"it has more than {CONFIGURATION_BYTES_MAX:,} bytes.",
                file=str(path),
                remedy="Check --config: a ruleset of 20,000 tenants has half of that.",
            )
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadConfiguration(
            "not UTF-8 text.", file=str(path), remedy="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise BadConfiguration(
            f"can't be read: {error.strerror}.",
            file=str(path),
            remedy="Check its name, and who may read it.",
        ) from error
    return parse_configuration(text, file=str(path))


def parse_configuration(text: str, *, file: str = "trueback.yaml") -> Configuration:
    document = read_yaml(text, file=file)
    if not isinstance(document.content, dict):
        raise BadConfiguration(
            "the file is empty or no mapping.",
            file=file,
            remedy="Start it with `version: 1` and `currency: USD`.",
        )
    try:
        configuration = Configuration.model_validate(document.content, context=file)
    except ValidationError as error:
        raise _as_fault(error, document, file) from error
    for problem in check_references(configuration):
        raise BadConfiguration(
            problem.message,
            file=file,
            row=document.line_of(problem.path),
            field=_dotted(problem.path),
            remedy=problem.remedy,
        )
    return configuration


def _as_fault(error: ValidationError, document: Document, file: str) -> BadConfiguration:
    details = max(error.errors(include_url=False), key=lambda item: _weight(item, document))
    path = _existing(details["loc"], document)
    if details["type"] == "missing":
        path = (*path, details["loc"][-1])
    field = _dotted(path) or str(details["loc"][-1])
    return BadConfiguration(
        _message(details),
        file=file,
        row=document.line_of(path),
        field=field,
        remedy=_remedy(details, document),
    )


def _weight(details: ErrorDetails, document: Document) -> tuple[int, bool]:
    """Of the errors of a union the one that got deepest into the file is the one meant."""
    return (len(_existing(details["loc"], document)), details["type"] == "extra_forbidden")


def _existing(loc: Sequence[str | int], document: Document, path: Path = ()) -> Path:
    """The location without what pydantic adds: names of union members and discriminators.

    Such a name may be a key, too, so the way that leads to the end of the location is the one.
    """
    if not loc:
        return path
    without = _existing(loc[1:], document, path)
    if (*path, loc[0]) not in document.lines:
        return without
    through = _existing(loc[1:], document, (*path, loc[0]))
    return max(through, without, key=lambda way: (way[-1:] == (loc[-1],), len(way)))


def _message(details: ErrorDetails) -> str:
    match details["type"]:
        case "extra_forbidden":
            return "this key is not known."
        case "missing":
            return "this key is missing."
        case "value_error":
            return f"{details['ctx']['error']}."
        case _:
            shown = details["input"]
            return f"{details['msg']} (it says {str(shown)[:80]!r})."


def _remedy(details: ErrorDetails, document: Document) -> str:
    if details["type"] == "extra_forbidden":
        near = _nearest_key(details, document)
        return f"Did you mean `{near}`?" if near else "Remove it or correct its name."
    if details["type"] == "missing":
        return f"Add `{details['loc'][-1]}`."
    return ""


def _nearest_key(details: ErrorDetails, document: Document) -> str | None:
    """The key most like it that may stand at its place, and does not yet."""
    *place, key = _existing(details["loc"], document)
    alike = difflib.get_close_matches(str(key), _known_keys(), n=_TRIED_MAX, cutoff=_ALIKE)
    return next((near for near in alike if _may_replace(place, str(key), near, document)), None)


def _may_replace(place: Sequence[str | int], key: str, near: str, document: Document) -> bool:
    """Asks the model, which alone knows what kind of entry stands there."""
    content = deepcopy(document.content)
    entry: Any = content
    for step in place:
        entry = entry[step]
    if near in entry:
        return False
    entry[near] = entry.pop(key)
    try:
        Configuration.model_validate(content)
    except ValidationError as error:
        return not any(
            each["type"] == "extra_forbidden" and each["loc"][-1] == near
            for each in error.errors(include_url=False)
        )
    return True


def _known_keys() -> set[str]:
    """Of the file at any place."""
    schema = Configuration.model_json_schema(by_alias=True)
    parts = [schema, *schema["$defs"].values()]
    return {key for part in parts for key in part.get("properties", ())}


def _dotted(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
