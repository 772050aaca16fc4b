"""Answers of a service held against its own schema."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
from django.test import Client

from shared.runtime.schema import api_schema


def unfit_answers(client: Client, values: Mapping[str, str]) -> list[str]:
    """A sentence per success of a GET that is not as the schema says; one if there was none.

    `values` are of path parameters, written as in the URLconf: `<str:invoice_id>`.
    """
    named = {f"{{{name[5:-1]}}}": value for name, value in values.items()}
    answered, unfit = 0, []
    for path, operation in _reads():
        for name, value in named.items():
            path = path.replace(name, value)  # noqa: PLW2901 - filled step by step
        answer = client.get(path)
        described = operation["responses"].get(str(answer.status_code))
        if described is None or "json" not in answer.headers["Content-Type"]:
            continue
        answered += 1
        schema = described["content"]["application/json"]["schema"]
        unfit += [
            f"{path}: {error.json_path}: {error.message}"
            for error in _errors(schema, answer.json())
        ]
    return unfit if answered else ["no route has answered"]


def _reads() -> Iterator[tuple[str, Any]]:
    for path, methods in api_schema()["paths"].items():
        if "get" in methods:
            yield path, methods["get"]


def _errors(schema: Mapping[str, Any], answer: Any) -> Iterator[Any]:
    rooted = {**schema, "components": api_schema()["components"]}
    return jsonschema.Draft202012Validator(rooted).iter_errors(answer)
