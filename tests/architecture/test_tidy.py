"""The numbers of the house style, held by a test."""

import ast
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.trees import nodes_of

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "core", "misc", "lib"}
MONEY_MODULES = (
    "shared/money.py",
    "shared/exact.py",
    "services/invoicing/domain",
    "services/attribution/domain",
)


def tracked(*patterns: str) -> list[Path]:
    """Files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).exists()]


PRODUCT = [
    path
    for path in tracked("services/*.py", "shared/*.py", "deploy/*.py")
    if "migrations" not in path.parts
]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes_of(path.read_text()):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def silences(path: Path, code: str) -> list[str]:
    """Comments that name the rule, whatever they say of it."""
    if code not in path.read_text():
        return []
    with tokenize.open(path) as file:
        tokens = list(tokenize.generate_tokens(file.readline))
    return [
        f"{path.name}:{token.start[0]}"
        for token in tokens
        if token.type == tokenize.COMMENT and code in token.string
    ]


def test_there_is_something_to_look_at():
    assert len(PRODUCT) > 100


def test_no_module_is_longer_than_its_idea():
    long = {
        str(p.relative_to(ROOT)): n
        for p in PRODUCT
        if (n := len(p.read_text().splitlines())) > MODULE_LINES_MAX
    }
    assert long == {}


def test_no_function_is_longer_than_a_screen():
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": length
        for path in PRODUCT
        for node in functions(path)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_modules_are_named_for_a_topic():
    stray = [
        str(path.relative_to(ROOT))
        for path in PRODUCT
        if FORBIDDEN_NAMES & {path.stem, *path.relative_to(ROOT).parts}
    ]
    assert stray == []


def test_money_is_never_a_float():
    """No float literal, call or annotation where amounts are computed."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for prefix in MONEY_MODULES
        for path in PRODUCT
        if str(path.relative_to(ROOT)).startswith(prefix)
        for node in nodes_of(path.read_text())
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert found == []


@pytest.mark.parametrize(
    "name",
    [
        *("requirements.lock", "requirements-uv.lock", "requirements-services.lock"),
        *("requirements-lint.lock", "requirements-data.lock", "requirements-allocator.lock"),
        "services/portal/frontend/package-lock.json",
    ],
)
def test_lock_files_name_no_address(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert "resolved" not in text
    assert "index-url" not in text


def test_a_fault_of_an_engine_that_names_a_field_names_its_file():
    engines = [path for path in PRODUCT if {"engine", "domain"} & set(path.parts)]
    nameless = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in engines
        for node in nodes_of(path.read_text())
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("BadConfiguration", "BadInput")
        and (given := {each.arg for each in node.keywords}) & {"field", "row"}
        and "file" not in given
    ]
    assert nameless == []


def test_no_file_names_a_path_of_one_machine():
    needles = tuple("/" + name + "/" for name in ("work", "farm", "root"))
    found = [
        f"{path.relative_to(ROOT)}: {needle}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".html", ".css", ".sh", ""}
        for needle in needles
        if needle in path.read_text(errors="replace")
    ]
    assert found == []


def ignored(lint: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """By place, what ruff's settings leave out there."""
    for key in ("ignore", "extend-ignore"):
        yield "everywhere", lint.get(key, [])
    for key in ("per-file-ignores", "extend-per-file-ignores"):
        yield from lint.get(key, {}).items()


class TestSqlOfText:
    """What is put together by hand is found by ruff's S608, and no place has a leave to do it."""

    CODE = "S608"
    PREFIXES = ("S608", "S60", "S6", "S", "ALL")

    def test_is_excused_in_no_file(self):
        assert [found for path in tracked("*.py") for found in silences(path, self.CODE)] == []

    def test_is_excused_by_no_setting(self):
        lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
        assert [place for place, codes in ignored(lint) if set(codes) & set(self.PREFIXES)] == []

    def test_is_looked_for_by_one_setting(self):
        """One of a folder's own would count instead."""
        settings = tracked("ruff.toml", ".ruff.toml", "*/ruff.toml", "*/.ruff.toml")
        settings += [
            path
            for path in tracked("*/pyproject.toml")
            if "ruff" in tomllib.loads(path.read_text()).get("tool", {})
        ]
        assert settings == []

    @pytest.mark.parametrize(
        "lint",
        [
            {"ignore": ["S608"]},
            {"extend-ignore": ["S6"]},
            {"per-file-ignores": {"services/**": ["S"]}},
            {"extend-per-file-ignores": {"services/**": ["ALL"]}},
        ],
    )
    def test_is_found_where_a_setting_excuses_it(self, lint):
        assert any(set(codes) & set(self.PREFIXES) for _, codes in ignored(lint))

    @pytest.mark.parametrize(
        "comment", ["noqa: S608", "noqa: E501, S608 - quoted", "ruff: noqa: S608"]
    )
    def test_is_found_where_a_comment_excuses_it(self, tmp_path, comment):
        path = tmp_path / "query.py"
        path.write_text(f'QUERY = "of S608"\nother = QUERY  # {comment}\n')
        assert silences(path, self.CODE) == ["query.py:2"]
