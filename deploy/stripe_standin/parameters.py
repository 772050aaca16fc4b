"""Form-encoded parameters, decoded and checked against Stripe's document.

Stripe refuses what it does not know at any depth, although its document says so only at the top.
"""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from deploy.stripe_standin.errors import StripeError, malformed
from deploy.stripe_standin.specification import Schema

_KEY: Final = re.compile(r"\A([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_PART: Final = re.compile(r"\[([^\[\]]*)\]")
_INTEGER: Final = re.compile(r"\A-?[0-9]{1,18}\Z")
_NUMBER: Final = re.compile(r"\A-?[0-9]+(\.[0-9]+)?\Z")
_METADATA_KEYS: Final = 50
_METADATA_KEY_LENGTH: Final = 40
_METADATA_VALUE_LENGTH: Final = 500
_CUSTOM_FIELDS: Final = 4

Nested = dict[str, Any]


def decode_form(text: str) -> Nested:
    """`lines[0][amount]=5&expand[]=x` as nested dictionaries; indexes stay text."""
    decoded: Nested = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = _KEY.match(key)
        if match is None:
            raise malformed(f"Invalid parameter name: {key}", param=key)
        _place(decoded, [match[1], *_PART.findall(match[2])], value, key)
    return decoded


def _place(target: Nested, path: list[str], value: str, key: str) -> None:
    for step, part in enumerate(path):
        name = part or str(len(target))
        if step == len(path) - 1:
            target[name] = value
            return
        target = target.setdefault(name, {})
        if not isinstance(target, dict):
            raise malformed(f"Invalid hash: {key}", param=key)


def check_parameters(decoded: Nested, schema: Schema) -> Nested:
    checked: Nested = _object(decoded, schema, "")
    for param, value in _metadata_of(checked):
        _check_metadata(value, param)
    fields = checked.get("custom_fields")
    if isinstance(fields, list) and len(fields) > _CUSTOM_FIELDS:
        message = f"You can only specify up to {_CUSTOM_FIELDS} custom fields."
        raise malformed(message, param="custom_fields")
    return checked


def _check(value: Any, schema: Schema, param: str) -> Any:
    if "anyOf" in schema:
        return _any_of(value, schema["anyOf"], param)
    kind = schema.get("type")
    if kind == "object":
        return _object(value, schema, param)
    if kind == "array":
        return _array(value, schema, param)
    if isinstance(value, dict):
        raise malformed(f"Invalid {kind}: {param} must not be a hash.", param=param)
    return _scalar(value, schema, param)


def _any_of(value: Any, branches: list[Schema], param: str) -> Any:
    refusal: StripeError | None = None
    for branch in branches:
        nested = branch.get("type") in {"object", "array"}
        if nested is not isinstance(value, dict):
            continue
        try:
            return _check(value, branch, param)
        except StripeError as error:
            refusal = refusal or error
    raise refusal or malformed(f"Invalid value for {param}.", param=param)


def _object(value: Any, schema: Schema, param: str) -> Nested:
    if not isinstance(value, dict):
        raise malformed(f"Invalid hash: {param}", param=param)
    properties = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    checked = {}
    for name, part in value.items():
        inner = f"{param}[{name}]" if param else name
        if name in properties:
            checked[name] = _check(part, properties[name], inner)
        elif isinstance(rest, dict):
            checked[name] = _check(part, {**rest, "emptiable": True}, inner)
        else:
            message = f"Received unknown parameter: {inner}"
            raise malformed(message, param=inner, code="parameter_unknown")
    for name in schema.get("required", []):
        if name not in checked:
            inner = f"{param}[{name}]" if param else name
            message = f"Missing required param: {inner}."
            raise malformed(message, param=inner, code="parameter_missing")
    return checked


def _array(value: Any, schema: Schema, param: str) -> list[Any]:
    if not isinstance(value, dict) or not all(index.isdigit() for index in value):
        raise malformed(f"Invalid array: {param}", param=param)
    ordered = sorted(value.items(), key=lambda item: int(item[0]))
    return [_check(part, schema["items"], f"{param}[{index}]") for index, part in ordered]


def _scalar(value: str, schema: Schema, param: str) -> Any:
    kind = schema.get("type", "string")
    if kind == "integer":
        if not _INTEGER.match(value):
            code = "parameter_invalid_integer"
            raise malformed(f"Invalid integer: {value}", param=param, code=code)
        return int(value)
    if kind == "boolean":
        if value not in {"true", "false"}:
            raise malformed(f"Invalid boolean: {value}", param=param)
        return value == "true"
    if kind == "number":
        if not _NUMBER.match(value):
            raise malformed(f"Invalid number: {value}", param=param)
        return value
    return _text(value, schema, param)


def _text(value: str, schema: Schema, param: str) -> str:
    choices = schema.get("enum")
    if choices is not None and value not in choices:
        message = f"Invalid {param}: must be one of {', '.join(map(str, choices))}"
        raise malformed(message, param=param)
    if not value and choices is None and "emptiable" not in schema:
        message = (
            f"You passed an empty string for '{param}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{param}' cannot be unset."
        )
        raise malformed(message, param=param, code="parameter_invalid_empty")
    longest = schema.get("maxLength")
    if longest is not None and len(value) > longest:
        message = f"Invalid string: {value[:20]}...; must be at most {longest} characters"
        raise malformed(message, param=param)
    return value


def _metadata_of(checked: Nested) -> list[tuple[str, Nested]]:
    metadata = [(name, checked.get(name)) for name in ("metadata", "invoice_metadata")]
    lines = checked.get("lines")
    for index, line in enumerate(lines if isinstance(lines, list) else []):
        metadata.append((f"lines[{index}][metadata]", line.get("metadata")))
    return [(param, value) for param, value in metadata if isinstance(value, dict)]


def _check_metadata(metadata: Nested, param: str) -> None:
    if len(metadata) > _METADATA_KEYS:
        message = f"You can specify up to {_METADATA_KEYS} keys in metadata."
        raise malformed(message, param=param)
    for key, value in metadata.items():
        if len(key) > _METADATA_KEY_LENGTH:
            message = f"Metadata keys must be at most {_METADATA_KEY_LENGTH} characters: {key}"
            raise malformed(message, param=param)
        if len(value) > _METADATA_VALUE_LENGTH:
            message = (
                f"Metadata values can have up to {_METADATA_VALUE_LENGTH} characters, "
                f"but you passed in a value that is {len(value)} characters."
            )
            raise malformed(message, param=f"{param}[{key}]")
