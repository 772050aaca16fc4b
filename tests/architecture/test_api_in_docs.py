"""Requests that the documentation shows are such as a service's schema describes."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SERVICES = ("ingestion", "attribution", "invoicing")
ENVIRONMENT = dict(
    line.split("=", 1)
    for line in (ROOT / "deploy" / "checks.env").read_text().splitlines()
    if line.startswith("TRUEBACK_")
)
REQUEST = re.compile(r"\b(GET|PUT|POST|DELETE) (/api/v\d[^\s`?)]*)(?:\?([^`\s]*))?")
CURL = re.compile(r"curl .*:PORT(/api/v\d[^\s`?]*)(?:\?(\S*))?")
DECISIONS = ROOT / "docs" / "decisions"  # what was true when it was decided


@cache
def operations() -> dict[tuple[str, str], list[dict[str, Any]]]:
    """By method and path, with every value of a path as `{}`; of several services if they share."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for service in SERVICES:
        for path, methods in schema(service)["paths"].items():
            for method, operation in methods.items():
                key = method.upper(), re.sub(r"{\w+}", "{}", path)
                found.setdefault(key, []).append(operation)
    return found


def schema(service: str) -> Any:
    command = (sys.executable, "-m", f"services.{service}.manage", "spectacular")
    printed = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **ENVIRONMENT}, capture_output=True, check=True
    )
    return yaml.load(printed.stdout, yaml.CSafeLoader)


def shown() -> list[tuple[str, str, str, str]]:
    """File, method, path and query of each."""
    files = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    requests = []
    for file in files:
        if DECISIONS in file.parents:
            continue
        text = file.read_text()
        requests += [(file.name, *match) for match in REQUEST.findall(text)]
        requests += [(file.name, "GET", *match) for match in CURL.findall(text)]
    return requests


def described(method: str, path: str) -> list[dict[str, Any]]:
    generic = re.sub(r"{\w+}|\d{4}-\d\d", "{}", path)
    return operations().get((method, generic), [])


def test_the_documentation_shows_requests():
    assert len(shown()) > 10


def test_each_is_one_that_a_schema_describes():
    unknown = [request for request in shown() if not described(*request[1:3])]
    assert unknown == []


def test_each_has_parameters_that_it_may_have():
    for file, method, path, query in shown():
        names = set(re.findall(r"(\w+)=", query))
        known = {
            parameter["name"]
            for operation in described(method, path)
            for parameter in operation.get("parameters", [])
        }
        assert names <= known, (file, method, path)
