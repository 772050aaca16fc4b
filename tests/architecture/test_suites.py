"""`make test` knows each suite and domain, and no machine is too slow to pass."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib

import pytest

from tests.architecture.test_tidy import PRODUCT, ROOT, silences, tracked
from tests.architecture.trees import nodes_of

# Has its own target of the Makefile.
APART = {"e2e"}
CLOCKS = re.compile(r"\b(monotonic|perf_counter|process_time|time\.time)\b")


def test_each_folder_of_tests_is_a_suite_of_the_makefile():
    listed = re.search(
        r"^SUITES := (.*?[^\\])$", (ROOT / "Makefile").read_text(), re.MULTILINE | re.DOTALL
    )
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    assert folders - APART == set(listed[1].replace("\\", "").split())


def test_what_the_makefile_runs_of_the_tests_can_be_imported():
    """Most drills are run on demand or at the end of CI: a name that is gone shows at once."""
    named = set(re.findall(r"python -m (tests\.[\w.]+)", (ROOT / "Makefile").read_text()))
    assert named
    modules = sorted(
        f"{name}.__main__" if importlib.util.find_spec(name).submodule_search_locations else name
        for name in named
    )
    imports = subprocess.run(
        [sys.executable, "-c", f"import {', '.join(modules)}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert imports.stderr == ""


def test_each_domain_is_measured():
    """`make covered` sees the packages that are listed, and nothing of one that is not."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["coverage"]["run"]
    domains = {
        f"services.{path.parent.name}.domain" for path in (ROOT / "services").glob("*/domain")
    }
    assert domains - set(listed["source_pkgs"]) == set()


def test_no_comment_takes_a_line_out_of_what_is_measured():
    assert [
        found
        for path in PRODUCT
        for found in [*silences(path, "no cover"), *silences(path, "no branch")]
    ] == []


def timed_asserts(text: str) -> list[int]:
    """Lines that hold seconds of a clock against a bound; to wait until a late end is none."""
    return [
        statement.lineno
        for statement in nodes_of(text)
        if isinstance(statement, ast.Assert)
        and any(
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Sub)
            and CLOCKS.search(ast.unparse(node))
            for node in ast.walk(statement)
        )
    ]


def test_no_assert_is_timed():
    """A machine that stands still for half a second says nothing of the product; a bench does."""
    timed = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in tracked("tests/*.py")
        if "bench" not in path.parts
        for line in timed_asserts(path.read_text())
    ]
    assert timed == []


@pytest.mark.parametrize(
    ("line", "is_timed"),
    [
        ("assert time.monotonic() - started < 2", True),
        ("assert 0.4 < perf_counter() - started", True),
        ("assert abs(stamp - time.time()) < 60", True),
        ("assert time.monotonic() < end", False),
        ("seconds = time.monotonic() - started", False),
    ],
)
def test_a_timed_assert_is_known(line, is_timed):
    assert timed_asserts(line) == ([1] if is_timed else [])
