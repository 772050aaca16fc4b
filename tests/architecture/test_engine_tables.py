"""The engine's tables are written down, and what is written is so."""

import ast
import re

import pytest

from shared.configuration.drivers import Driver
from tests.architecture.engine_tables import (
    ENGINE,
    ROOMS,
    ROOT,
    SCRIPT_FOLDERS,
    Script,
    Tables,
    page,
    scripts,
    tables_of,
)
from tests.architecture.trees import nodes_of

# `asked` is what `propose.sql` gives to a driver's query.
GIVEN_BY_A_SCRIPT = {"asked"}
# `shared/sql` has the door itself, and scripts that every engine runs.
ENGINES = [folder for folder in SCRIPT_FOLDERS if ROOT / "services" in folder.parents]


def assert_none(sentences):
    """Each says what is wrong where, and what to do; a trace would hide them."""
    if listed := list(sentences):
        pytest.fail("\n".join(listed), pytrace=False)


def sql_of_python(text):
    """Lines that give DuckDB a text, or call a text SQL; to set a session's option is neither."""
    for node in nodes_of(text):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Attribute(attr="execute" | "executemany" | "sql" | "query"):
                if not re.match(r"""['"](RESET|SET) \w+""", ast.unparse(node.args[0])):
                    yield node.lineno
            case ast.Name(id="Sql") | ast.Attribute(attr="Sql"):
                yield node.lineno


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
def test_a_head_line_names_what_the_script_reads_and_makes(script):
    assert_none([*script.unreadable(), *script.differences()])


def test_there_are_scripts_to_look_at():
    assert len(scripts()) > 100


def test_every_table_of_the_page_has_a_reader():
    assert_none(tables_of(ENGINE).read_by_nobody())


@pytest.mark.parametrize("folder", ENGINES, ids=lambda folder: str(folder.relative_to(ROOT)))
class TestAnEngine:
    def test_has_one_maker_of_every_table(self, folder):
        assert_none(tables_of(folder).made_by_several())

    def test_reads_no_table_that_nobody_makes(self, folder):
        assert_none(tables_of(folder).made_by_nobody(GIVEN_BY_A_SCRIPT))

    def test_stands_in_for_tables_that_somebody_makes(self, folder):
        assert_none(tables_of(folder).stands_in_for_nothing())

    def test_runs_every_script_by_a_module_beside_it(self, folder):
        tables = tables_of(folder)
        assert_none([*tables.run_by_nobody(), *tables.not_there()])

    def test_has_its_sql_in_scripts(self, folder):
        assert_none(
            f"{path.relative_to(ROOT)}:{line}: SQL in Python: write a script and run it by"
            " shared/sql/scripts.py, or build what it lacks in shared/sql/expressions.py."
            for path in folder.rglob("*.py")
            for line in sql_of_python(path.read_text())
        )


def test_scripts_lie_nowhere_else():
    below = {
        path
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.sql")
        if not any(each in path.parents for each in SCRIPT_FOLDERS)
    }
    below.remove(ROOT / "shared/isolation/subject.sql")  # PostgreSQL's, which a migration runs
    folders = ", ".join(str(folder.relative_to(ROOT)) for folder in SCRIPT_FOLDERS)
    assert_none(
        f"{path.relative_to(ROOT)} lies in no folder of DuckDB's scripts: move it below one of"
        f" {folders}, or name its folder in SCRIPT_FOLDERS of tests/architecture/engine_tables.py."
        for path in below
    )


def test_the_page_is_made_of_the_head_lines():
    text = (ROOT / "docs/engine.md").read_text()
    if text != page():
        pytest.fail(
            "docs/engine.md differs from the scripts' head lines: run"
            " `.venv/bin/python -m tests.architecture.engine_tables > docs/engine.md`.",
            pytrace=False,
        )


@pytest.mark.parametrize("driver", Driver.__subclasses__(), ids=lambda driver: driver.word)
def test_a_driver_declares_what_its_query_reads(driver):
    script = Script(ENGINE / "pools" / "drivers" / f"{driver.query}.sql")
    reads = set(script.reads) - GIVEN_BY_A_SCRIPT
    assert reads == driver.reads, (
        f"{script.name} reads {sorted(reads)}, and {driver.__module__} has"
        f" `reads = {sorted(driver.reads)}`: correct the one or the other."
    )


def test_an_arrow_of_the_page_leads_from_a_room_that_is_there():
    assert {room for room in ROOMS if room} == {
        path.name for path in ENGINE.iterdir() if path.is_dir() and path.name != "__pycache__"
    }


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("session.execute('SELECT * FROM cells')", [1]),
        ("session.sql(query)", [1]),
        ("rows = Sql('(FROM cells)')", [1]),
        ("rows = expressions.Sql(text)", [1]),
        ("session.execute('SET threads = 1')", []),
        ("run_script(session, __package__, 'cells.sql')", []),
        ("def f(rows: Sql) -> Sql: ...", []),
    ],
)
def test_sql_in_python_is_found(text, lines):
    assert list(sql_of_python(text)) == lines


class TestAScriptThatIsWrong:
    def test_without_a_head_line_is_named(self):
        script = self.script("SELECT 1;\n")
        with pytest.raises(ValueError, match=r"pools/nothing\.sql has no head line: write"):
            script.reads  # noqa: B018 - it is read when it is asked for

    def test_with_a_misspelt_table_differs_from_its_head(self):
        script = self.script(
            "-- reads: facts  makes: cells\n"
            "CREATE OR REPLACE TEMP TABLE cells AS SELECT * FROM fcats;\n",
        )
        not_said, not_done = script.differences()
        assert not_said.startswith(f"{script.name} reads `fcats`, which is not in its head line:")
        assert not_done.startswith(f"{script.name} has `facts` after `reads:` in its head line,")

    def test_with_a_misspelt_table_in_its_head_too_is_named_with_the_table(self):
        script = self.script("-- reads: cellz\nSELECT * FROM cellz;\n")
        assert list(script.differences()) == []
        (sentence,) = Tables([script], []).made_by_nobody(GIVEN_BY_A_SCRIPT)
        assert sentence.startswith(f"`cellz` is read by {script.name}, and nobody makes it:")

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE cells AS SELECT 1;",
            "CREATE OR REPLACE TEMPORARY TABLE cells AS SELECT 1;",
            "CREATE TEMP TABLE IF NOT EXISTS cells AS SELECT 1;",
            "CREATE TEMP MACRO cells() AS TABLE SELECT 1;",
            "COPY (FROM cells) TO 'cells.csv';",
        ],
    )
    def test_with_a_statement_that_nothing_here_reads_is_named(self, statement):
        script = self.script(f"-- reads: nothing\n{statement}\n")
        (sentence,) = script.unreadable()
        assert sentence.startswith(f"{script.name}: no test sees which tables `{statement[:20]}")

    def test_with_a_table_that_it_makes_twice_is_named(self):
        maker = "CREATE OR REPLACE TEMP TABLE cells\nAS SELECT 1;\n"
        script = self.script(f"-- reads: nothing  makes: cells\n{maker}{maker}")
        assert list(script.differences()) == []
        (sentence,) = script.unreadable()
        assert sentence.startswith(f"{script.name} makes `cells` twice:")

    def test_that_stands_in_for_a_table_and_gives_it_rows_is_named(self):
        script = self.script(
            "-- reads: nothing  stands in for: cells\nCREATE TEMP TABLE cells AS SELECT 1;\n"
        )
        assert list(script.differences()) == []
        (sentence,) = script.unreadable()
        assert sentence.startswith(f"{script.name} stands in for `cells`, and gives it rows:")

    def test_that_stands_in_for_a_misspelt_table_is_named(self):
        script = self.script(
            "-- reads: nothing\n--     stands in for: cellz\n"
            "CREATE TEMP TABLE cellz (cell BIGINT);\n"
        )
        assert list(script.differences()) == []
        assert list(script.unreadable()) == []
        (sentence,) = Tables([script], []).stands_in_for_nothing()
        assert sentence.startswith(f"{script.name} stands in for `cellz`, which nobody makes:")

    def test_whose_table_nobody_reads_is_named(self):
        script = self.script(
            "-- reads: nothing  makes: cellz\nCREATE TEMP TABLE cellz AS SELECT 1;\n"
        )
        (sentence,) = Tables([script], []).read_by_nobody()
        assert sentence.startswith(f"`cellz` is made by {script.name}, and nobody reads it:")

    def test_that_nobody_runs_is_named(self):
        script = self.script("-- reads: nothing\nSELECT 1;\n")
        (sentence,) = Tables([script], []).run_by_nobody()
        assert sentence.startswith(f"{script.name} is run by no module beside it:")

    def script(self, text):
        path = ENGINE / "pools" / "nothing.sql"
        assert not path.exists()
        script = Script(path)
        vars(script)["text"] = text
        return script
