"""The door to DuckDB fills every name, once, and expressions quote what they are given."""

import datetime as dt

import duckdb
import pytest

from shared.sql import expressions as sql
from shared.sql.scripts import UnableToRunScript, records, run_script, script_query


@pytest.fixture
def session():
    with duckdb.connect() as opened:
        yield opened


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of its own, so that no script is remembered from another test."""
    name = f"scripts_{tmp_path.parent.name}_{tmp_path.name}".replace("-", "_")
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return name, folder


def write(package, text):
    name, folder = package
    (folder / "script.sql").write_text(text)
    return name, "script.sql"


class TestTheDoor:
    def test_fills_names_and_binds_values(self, session, package):
        script = write(package, "-- reads: nothing\nSELECT {text} AS said, $number AS number;\n")
        result = run_script(session, *script, {"text": sql.literal("it's")}, {"number": 7})
        assert records(result) == [{"said": "it's", "number": 7}]

    def test_fills_words_of_the_vocabulary_by_itself(self, session, package):
        script = write(package, "-- reads: nothing\nSELECT {POOL} || 'nat', {METHOD_POD};\n")
        assert run_script(session, *script).fetchall() == [("pool:nat", "pod")]

    @pytest.mark.parametrize("word", ["POLO", "METHOD_PODS", "POD"])
    def test_refuses_a_word_that_the_vocabulary_does_not_have(self, session, package, word):
        script = write(package, f"SELECT {{{word}}};\n")
        message = f"no recipient or method is called {word}."
        with pytest.raises(UnableToRunScript, match=message):
            run_script(session, *script)

    @pytest.mark.parametrize("name", ["lnies", "lines2", "Lines", "lineS", "_lines"])
    def test_refuses_a_script_with_a_name_that_nothing_fills(self, session, package, name):
        script = write(package, f"-- reads: {{lines}}\nSELECT * FROM {{{name}}};\n")
        message = rf"/script\.sql: the script wants {name}, the caller gives nothing more\."
        with pytest.raises(UnableToRunScript, match=message):
            run_script(session, *script, {})

    def test_refuses_a_name_that_the_script_does_not_have(self, session, package):
        script = write(package, "SELECT 1;\n")
        message = "the script wants nothing more, the caller gives lines"
        with pytest.raises(UnableToRunScript, match=message):
            run_script(session, *script, {"lines": sql.identifier("lines")})

    def test_names_both_sides_of_a_name_that_is_misspelt_and_the_file(self, session, package):
        name, folder = package
        inner = folder / "inner"
        inner.mkdir()
        (inner / "__init__.py").touch()
        (inner / "script.sql").write_text("SELECT * FROM {lnies}, {days};\n")
        days = {"days": sql.identifier("days"), "lines": sql.identifier("lines")}
        message = f"^{name}/inner/script.sql: the script wants lnies, the caller gives lines.$"
        with pytest.raises(UnableToRunScript, match=message):
            run_script(session, f"{name}.inner", "script.sql", days)

    def test_leaves_braces_that_hold_no_name_to_duckdb(self, session, package):
        script = write(package, "SELECT regexp_matches('aab', '^a{2}b$'), {'one': 1}.one;\n")
        assert run_script(session, *script).fetchall() == [(True, 1)]

    def test_names_a_table_that_nobody_makes(self, session, package):
        script = write(package, "SELECT * FROM {lines};\n")
        with pytest.raises(duckdb.CatalogException, match="nobodys"):
            run_script(session, *script, {"lines": sql.identifier("nobodys")})

    def test_takes_braces_in_what_is_filled_in_as_text(self, session, package):
        script = write(package, "SELECT {text};\n")
        result = run_script(session, *script, {"text": sql.literal("{other}")})
        assert result.fetchall() == [("{other}",)]

    def test_leaves_comments_out_so_that_what_fills_them_may_be_longer_than_a_line(
        self, session, package
    ):
        inner = write(package, "-- reads: nothing\nSELECT\n    1 AS one\n")
        query = script_query(*inner)
        name, folder = package
        (folder / "outer.sql").write_text("-- reads: {rows}\nSELECT one + 1 FROM {rows};\n")
        assert run_script(session, name, "outer.sql", {"rows": query}).fetchall() == [(2,)]


class TestExpressions:
    def test_a_text_stays_a_text(self, session):
        evil = "x' OR 1=1; DROP TABLE t; --"
        assert session.execute(f"SELECT {sql.literal(evil)}").fetchall() == [(evil,)]

    def test_a_name_may_have_any_sign(self, session):
        name = 'a "quoted" name'
        session.execute(f"CREATE TABLE t ({sql.identifier(name)} INTEGER)")
        assert session.execute("DESCRIBE t").fetchall()[0][0] == name

    def test_the_first_value_that_is_there_counts(self, session):
        value = sql.or_empty(sql.null("VARCHAR"), sql.literal("b"), sql.literal("c"))
        assert session.execute(f"SELECT {value}").fetchall() == [("b",)]

    def test_a_case_without_branches_is_its_rest(self):
        assert sql.case([], sql.EMPTY) == "''"

    def test_a_sum_of_nothing_is_zero(self):
        assert sql.total([]) == "0"

    def test_a_json_object_has_the_values_that_are_there_in_the_order_of_their_names(self, session):
        columns = {"b": sql.literal("2"), "a": sql.literal("1"), "c": sql.EMPTY}
        found = session.execute(f"SELECT {sql.json_object_of_values(columns)}").fetchall()
        assert found == [('{"a":"1","b":"2"}',)]

    def test_a_moment_is_written_without_a_zone(self, session):
        moment = dt.datetime(2026, 10, 1, 2, tzinfo=dt.UTC)
        found = session.execute(f"SELECT {sql.timestamp(moment)}").fetchall()
        assert found == [(dt.datetime(2026, 10, 1, 2),)]  # noqa: DTZ001 - DuckDB's has none

    @pytest.mark.parametrize("name", ["drop table", "a;b", "VARCHAR)--", ""])
    def test_a_function_is_a_word(self, name):
        with pytest.raises(ValueError, match="no name of a function"):
            sql.call(name)

    @pytest.mark.parametrize("name", ["a;b", "VARCHAR)--", "DECIMAL(18", "MAP('a', 'b')", ""])
    def test_a_type_is_one(self, name):
        with pytest.raises(ValueError, match="is no type"):
            sql.cast(sql.EMPTY, name)

    @pytest.mark.parametrize("name", ["DECIMAL(18,10)", "MAP(VARCHAR, VARCHAR)", "span", "DATE"])
    def test_a_type_is_written_as_it_is(self, name):
        assert sql.cast(sql.EMPTY, name) == f"CAST('' AS {name})"

    def test_a_path_is_no_pattern(self, session, tmp_path):
        for name in ("a[1].parquet", "a1.parquet"):
            duckdb.sql(f"SELECT {sql.literal(name)} AS name").write_parquet(str(tmp_path / name))
        scan = sql.parquet_scan([tmp_path / "a[1].parquet"])
        assert session.sql(f"FROM {scan}").fetchall() == [("a[1].parquet",)]
