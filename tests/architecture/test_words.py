"""Home-made words are no names: the field has its own, and docs/glossary.md lists them."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.engine_tables import tables_of_the_engine
from tests.architecture.test_tidy import PRODUCT, ROOT, tracked
from tests.architecture.trees import tree_of

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
    "twins": "what they are",
    "ways": "what they are",
    "went": "what it is",
    "worlds": "scenarios",
}
# Every value was found, told or said by something.
SAYS_NOTHING = {"found", "heard", "said", "told", "went"}
# `dead_letters` is the field's own word, and health checks have a readiness endpoint.
ALLOWED = re.compile(r"dead_letters|DeadLetters|readiness_?(check|probe|view|url)?$", re.IGNORECASE)


def words_of(name: str) -> str:
    """`UnableToPoke` and `unable_to_poke` alike, between underscores."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return f"_{snake.strip('_')}_"


def home_made(name: str) -> list[str]:
    if ALLOWED.search(name):
        return []
    return [word for word in FIELDS_WORDS if f"_{word}_" in words_of(name)]


def names_of_python() -> Iterator[tuple[str, str]]:
    """Modules, functions, classes and settings."""
    for path in [*PRODUCT, *tracked("tests/*.py")]:
        place = str(path.relative_to(ROOT))
        yield place, path.stem
        for node in ast.walk(tree_of(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                # A test's name is a sentence.
                if not node.name.startswith("test_"):
                    yield place, node.name
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if isinstance(target, ast.Name) and target.id.isupper():
                        yield place, target.id


def names_in(text: str) -> set[str]:
    """All that a module names: variables, parameters, fields, functions, keywords."""
    named: set[str | None] = set()
    for node in ast.walk(tree_of(text)):
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
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.id}"
        for path in PRODUCT
        for function in ast.walk(tree_of(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        if node.id in SAYS_NOTHING
    }
    assert named == set()


def test_no_table_has_a_home_made_name():
    tables = tables_of_the_engine()
    assert {name for name in tables.makers if home_made(name)} == set()


def test_no_script_has_a_home_made_name():
    scripts = {path.stem for path in tracked("services/*.sql", "shared/*.sql")}
    assert {name for name in scripts if home_made(name)} == set()


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
    "name", ["day_prints", "UnableToPoke", "due_days", "handed_on", "mutual_pools", "WORLDS"]
)
def test_a_home_made_name_is_found(name):
    assert home_made(name)


@pytest.mark.parametrize("name", ["fingerprints", "always", "dead_letters", "withheld", "sprints"])
def test_a_word_that_only_looks_like_one_is_none(name):
    assert not home_made(name)
