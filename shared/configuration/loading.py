"""From the file to a checked `Configuration`; every fault names the line and the key."""

import difflib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shared.configuration.checks import check_references
from shared.configuration.models import Configuration
from shared.configuration.yaml_lines import Document, read_yaml
from shared.faults import BadConfiguration


def load_configuration(path: Path) -> Configuration:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadConfiguration(
            "not UTF-8 text.", file=str(path), remedy="Save it as UTF-8."
        ) from error
    except OSError as error:
        raise BadConfiguration(
            f"can't be read: {error.strerror}.", file=str(path), remedy="Check --config."
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
        configuration = Configuration.model_validate(document.content)
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
        remedy=_remedy(details),
    )


def _weight(details: ErrorDetails, document: Document) -> tuple[int, bool]:
    """Of the errors of a union the one that got deepest into the file is the one meant."""
    return (len(_existing(details["loc"], document)), details["type"] == "extra_forbidden")


def _existing(loc: tuple[str | int, ...], document: Document) -> tuple[str | int, ...]:
    """The location without what pydantic adds: names of union members and discriminators."""
    path: tuple[str | int, ...] = ()
    for part in loc:
        if (*path, part) in document.lines:
            path = (*path, part)
    return path


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


def _remedy(details: ErrorDetails) -> str:
    if details["type"] == "extra_forbidden":
        known = known_keys(Configuration)
        near = difflib.get_close_matches(str(details["loc"][-1]), known, n=1, cutoff=0.6)
        return f"Did you mean `{near[0]}`?" if near else "Remove it or correct its name."
    if details["type"] == "missing":
        return f"Add `{details['loc'][-1]}`."
    return ""


def known_keys(model: type[BaseModel]) -> list[str]:
    return sorted(_keys_of(model.model_json_schema(by_alias=True)))


def _keys_of(schema: dict[str, Any]) -> set[str]:
    keys = set(schema.get("properties", {}))
    for definition in schema.get("$defs", {}).values():
        keys |= set(definition.get("properties", {}))
    return keys


def _dotted(path: tuple[str | int, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
