"""The engine's tables are written down, and what is written is so."""

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
    tables_of_the_engine,
)

# `asked` is what `propose.sql` gives to a driver's query.
GIVEN_BY_A_SCRIPT = {"asked"}


def assert_none(sentences):
    """Each says what is wrong where, and what to do; a trace would hide them."""
    if listed := list(sentences):
        pytest.fail("\n".join(listed), pytrace=False)


@pytest.mark.parametrize("script", scripts(), ids=lambda script: script.name)
def test_a_head_line_names_what_the_script_reads_and_makes(script):
    assert_none(script.differences())


def test_there_are_scripts_to_look_at():
    assert len(scripts()) > 100


def test_every_table_has_one_maker():
    assert_none(tables_of_the_engine().made_by_several())


def test_nobody_reads_a_table_that_nobody_makes():
    assert_none(tables_of_the_engine().made_by_nobody(GIVEN_BY_A_SCRIPT))


def test_every_script_is_run_by_a_module_beside_it():
    tables = tables_of_the_engine()
    assert_none([*tables.run_by_nobody(), *tables.not_there()])


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
