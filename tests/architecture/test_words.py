"""Home-made words are no names: the field has its own, and docs/glossary.md lists them."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.architecture.engine_tables import SCRIPT_FOLDERS, tables_of
from tests.architecture.test_tidy import PRODUCT, ROOT, tracked
from tests.architecture.trees import nodes_of

# The word, and what the field calls it.
FIELDS_WORDS = {
    "amnesia": "broker reset",
    "due_days": "stale days",
    "from_units": "from_quanta",
    "handed_on": "what it is",
    "heard": "metered",
    "letters": "dead letters",
    "mutual": "reciprocal",
    "poke": "schedule",
    "prints": "fingerprints",
    "readiness": "preflight",
    "registers": "reference tables",
    "said": "what it is",
    "to_units": "to_quanta",
    "told": "what it is",
    "twin": "what they are",
    "ways": "what they are",
    "went": "what it is",
    "world": "scenario",
}
# Every value was found, told or said by something.
SAYS_NOTHING = {"found", "heard", "said", "told", "went"}
# A key of what `trueback doctor --json` prints.
PRINTED = {("services/command/checks.py", "found")}
# `dead_letters` is the field's own word, and health checks have a readiness endpoint.
ALLOWED = re.compile(r"_dead_letters_|_readiness_((check|probe|view|url)_)?$")


def words_of(name: str) -> str:
    """`UnableToPoke`, `unable_to_poke` and `S3Poke2` alike, between underscores."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return f"_{'_'.join(parts).lower()}_"


def home_made(name: str) -> list[str]:
    words = ALLOWED.sub("_", words_of(name))
    return [word for word in FIELDS_WORDS if re.search(rf"_{word}s?_", words)]


def names_given(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """To functions, classes and their fields, and to settings."""
    for node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                # A test's name is a sentence.
                yield from () if name.startswith("test_") else (name,)
            case ast.ClassDef(name=name, body=body):
                yield from (name, *(field for each in body for field in targets_of(each)))
            case ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.Assign() | ast.AnnAssign():
                yield from (name for name in targets_of(node) if name.isupper())


def targets_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name


def parameters(nodes: Iterable[ast.AST]) -> Iterator[str]:
    yield from (node.arg for node in nodes if isinstance(node, ast.arg))


def names_of_python() -> Iterator[tuple[str, str]]:
    """And to modules and packages, and to parameters where they aren't a test's own."""
    for path in [*PRODUCT, *tracked("tests/*.py")]:
        place, nodes = path.relative_to(ROOT), nodes_of(path.read_text())
        named = [*place.with_suffix("").parts, *names_given(nodes)]
        if place.parts[0] != "tests":
            named += parameters(nodes)
        yield from ((str(place), name) for name in named)


def local_names(text: str) -> Iterator[tuple[int, str]]:
    """Variables, parameters and what an exception or a match is called, with their lines."""
    for node in nodes_of(text):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node.lineno, name


def names_in(text: str) -> set[str]:
    """All that a module names: variables, parameters, fields, functions, keywords."""
    named: set[str | None] = set()
    for node in nodes_of(text):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.keyword(arg=name):
                named.add(name)
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name):
                named.add(name)
    return {name for name in named if name}


def words_of_sql(text: str) -> set[str]:
    """Tables, columns and key words, without what a comment or a text says."""
    return set(re.findall(r"\w+", re.sub(r"--.*|'[^']*'", "", text)))


def test_no_module_function_class_or_setting_has_a_home_made_name():
    named = {f"{place}: {name}" for place, name in names_of_python() if home_made(name)}
    assert named == set()


def test_a_local_variable_is_named_after_what_it_holds():
    named = {
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in PRODUCT
        for line, name in local_names(path.read_text())
        if name in SAYS_NOTHING and (str(path.relative_to(ROOT)), name) not in PRINTED
    }
    assert named == set()


def test_no_table_has_a_home_made_name():
    makers = {name for folder in SCRIPT_FOLDERS for name in tables_of(folder).makers}
    assert {name for name in makers if home_made(name)} == set()


def test_no_script_has_a_home_made_name():
    scripts = {path.stem for path in tracked("services/*.sql", "shared/*.sql")}
    assert {name for name in scripts if home_made(name)} == set()


def test_no_variable_of_the_environment_has_a_home_made_name():
    named = {
        name
        for path in tracked("*.py", "*.yml", "*.yaml", "*.env", "*.md", "*.toml", "Makefile")
        for name in re.findall(r"TRUEBACK_\w+", path.read_text())
    }
    assert len(named) > 20
    assert {name for name in named if home_made(name)} == set()


def test_no_class_of_a_style_sheet_has_a_home_made_name():
    (sheet,) = tracked("services/portal/frontend/app.css")
    classes = set(re.findall(r"\.([a-z][\w-]*)", sheet.read_text()))
    assert {name for name in classes if home_made(name)} == set()


class TestAQuantum:
    """10^-10 of a currency; a unit is what a meter counts in, or what a price is for."""

    def test_is_no_unit_where_costs_are_computed(self):
        places = ("services/attribution/engine/*.py", "services/attribution/domain/*.py")
        modules = tracked(*places, "shared/money.py")
        assert {path.name for path in modules if "units" in names_in(path.read_text())} == set()

    def test_is_no_unit_in_a_column(self):
        scripts = tracked("services/*.sql", "shared/*.sql")
        assert {path.name for path in scripts if "units" in words_of_sql(path.read_text())} == set()

    @pytest.mark.parametrize(
        "text", ["units = 1", "def f(units): ...", "f(units=1)", "line.units", "def units(): ..."]
    )
    def test_is_found_by_any_name(self, text):
        assert "units" in names_in(text)

    @pytest.mark.parametrize("text", ["unit = 1", "minor_units = 1", "f('units')  # units"])
    def test_is_not_found_in_what_has_a_unit(self, text):
        assert "units" not in names_in(text)

    def test_is_not_found_in_what_sql_says(self):
        assert "units" in words_of_sql("SELECT sum(units) FROM facts")
        assert "units" not in words_of_sql("SELECT unit, 'units' FROM meters -- of units")


@pytest.mark.parametrize(
    "name",
    [
        *("day_prints", "UnableToPoke", "due_days", "handed_on", "mutual_pools", "WORLDS"),
        *("HTTPPoke", "pokes", "poke2", "World", "twin", "dead_letters_poke", "_told"),
    ],
)
def test_a_home_made_name_is_found(name):
    assert home_made(name)


@pytest.mark.parametrize(
    "name",
    [
        *("fingerprints", "always", "dead_letters", "DeadLetters", "withheld", "sprints"),
        *("readiness_probe", "ReadinessView", "way", "letter", "register", "print"),
    ],
)
def test_a_word_that_only_looks_like_one_is_none(name):
    assert not home_made(name)


@pytest.mark.parametrize(
    "text",
    [
        "def poke(): ...",
        "def f():\n    async def poke(): ...",
        "class Poke: ...",
        "class Settings:\n    poke: int",
        "class Job:\n    poke = Field()",
        "POKE = 1",
        "self.poke = 1",
    ],
)
def test_a_name_is_found_where_it_is_given(text):
    assert "poke" in {name.lower() for name in names_given(nodes_of(text))}


@pytest.mark.parametrize(
    "text",
    [
        "found = 1",
        "def f(found): ...",
        "f = lambda *found: 1",
        "if found := f(): ...",
        "try: ...\nexcept E as found: ...",
        "match x:\n    case [1, *found]: ...",
        "match x:\n    case {'a': found}: ...",
        "for found in x: ...",
    ],
)
def test_a_local_name_is_found(text):
    assert "found" in {name for _, name in local_names(text)}
