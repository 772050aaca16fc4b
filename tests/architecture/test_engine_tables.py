"""The engine's tables are written down, and what is written is so."""

import pytest

from shared.configuration.drivers import Driver
from tests.architecture.engine_tables import (
    ENGINE,
    ROOMS,
    ROOT,
    SCRIPT_FOLDERS,
    Script,
    page,
    scripts,
    tables_of_the_engine,
)

# `asked` is what `propose.sql` gives to a driver's query.
GIVEN_BY_A_SCRIPT = {"asked"}


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
def test_a_head_line_names_what_the_script_reads_and_makes(script):
    reads, makes, adds_to = script.tables_in_text()
    assert (set(script.reads), set(script.makes), set(script.adds_to)) == (reads, makes, adds_to)


def test_there_are_scripts_to_look_at():
    assert len(scripts()) > 100


def test_every_table_has_one_maker():
    several = {
        table: makers for table, makers in tables_of_the_engine().makers.items() if len(makers) > 1
    }
    assert several == {}


def test_nobody_reads_a_table_that_nobody_makes():
    tables = tables_of_the_engine()
    assert set(tables.readers) - set(tables.makers) - GIVEN_BY_A_SCRIPT == set()


def test_every_script_is_run_by_a_module_beside_it():
    tables = tables_of_the_engine()
    assert {script.name for script in tables.scripts} == {
        str(path.relative_to(ROOT)) for path in tables.run_by
    }


def test_scripts_lie_nowhere_else():
    below = {
        path
        for folder in ("services", "shared")
        for path in (ROOT / folder).rglob("*.sql")
        if not any(each in path.parents for each in SCRIPT_FOLDERS)
    }
    # PostgreSQL's, which a migration runs.
    assert below == {ROOT / "shared/isolation/subject.sql"}


def test_the_page_is_made_of_the_head_lines():
    text = (ROOT / "docs/engine.md").read_text()
    assert text == page(), "write it anew: python -m tests.architecture.engine_tables"


@pytest.mark.parametrize("driver", Driver.__subclasses__(), ids=lambda driver: driver.word)
def test_a_driver_declares_what_its_query_reads(driver):
    script = Script(ENGINE / "pools" / "drivers" / f"{driver.query}.sql")
    assert set(script.reads) - GIVEN_BY_A_SCRIPT == driver.reads


def test_an_arrow_of_the_page_leads_from_a_room_that_is_there():
    assert {room for room in ROOMS if room} == {
        path.name for path in ENGINE.iterdir() if path.is_dir() and path.name != "__pycache__"
    }


class TestAScriptThatIsWrong:
    def test_without_a_head_line_is_named(self, tmp_path):
        script = self.script(tmp_path, "SELECT 1;\n")
        with pytest.raises(ValueError, match="no head line"):
            script.reads  # noqa: B018 - it is read when it is asked for

    def test_with_a_misspelt_table_differs_from_its_head(self, tmp_path):
        script = self.script(
            tmp_path,
            "-- reads: facts  makes: cells\n"
            "CREATE OR REPLACE TEMP TABLE cells AS SELECT * FROM fcats;\n",
        )
        assert script.tables_in_text() == ({"fcats"}, {"cells"}, set())
        assert script.reads == ("facts",)

    def script(self, tmp_path, text):
        path = ENGINE / "pools" / "nothing.sql"
        assert not path.exists()
        script = Script(path)
        vars(script)["text"] = text
        return script
