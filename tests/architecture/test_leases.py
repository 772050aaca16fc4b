"""Every effect outside of a service's database is made under a lease that was asked for before."""

import ast
from pathlib import Path

import pytest

from tests.architecture.trees import nodes_of

ROOT = Path(__file__).parents[2]
OPERATIONS = sorted(ROOT.glob("services/*/operations/*.py"))
# What writes to S3 or changes something at Stripe; only operations call them.
EFFECTS = {"publish", "publish_tree", "put", "write", "call", "delete_draft"}


def unleased(source: str) -> list[str]:
    """Functions with an effect and no question before it, as `name:line`."""
    faults = []
    for function in nodes_of(source):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        asked = [
            call.lineno
            for call in calls
            if isinstance(call.func, ast.Name) and call.func.id == "require_lease"
        ]
        faults += [
            f"{function.name}:{call.lineno}"
            for call in calls
            if isinstance(call.func, ast.Attribute)
            and call.func.attr in EFFECTS
            and not any(line < call.lineno for line in asked)
        ]
    return faults


@pytest.mark.parametrize("path", OPERATIONS, ids=lambda path: f"{path.parts[-3]}/{path.stem}")
def test_an_operation_asks_for_its_lease_before_each_effect(path):
    assert unleased(path.read_text(encoding="utf-8")) == []


def test_one_that_does_not_is_noticed():
    assert unleased("def keep(lake):\n    lake.storage.write(b'', 'uri')\n") == ["keep:2"]
    assert unleased(
        "def keep(lake):\n    lake.storage.write(b'', 'uri')\n    require_lease()\n"
    ) == ["keep:2"]
