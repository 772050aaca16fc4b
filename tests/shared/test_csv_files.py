"""A CSV of ours: no text in it starts a formula, and every text is read as it was."""

import csv
import io
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.csv_files import escaped, read_rows, unescaped, write_rows
from tests.spreadsheets import EVALUATED, evaluated_cells

# As many texts of apostrophes and formulas as of anything else.
TEXTS = st.text(st.sampled_from(["'", *EVALUATED, "1", ",", ";", '"', " "])) | st.text()


def written(*rows, header=("a", "b"), **options):
    file = io.StringIO(newline="")
    write_rows(file, header, rows, **options)
    return file.getvalue()


class TestAText:
    @given(TEXTS)
    @example("=1+1")
    @example("'=1+1")
    @example("''=1+1")
    def test_starts_no_formula_and_is_read_as_it_was(self, text):
        assert not escaped(text).startswith(EVALUATED)
        assert unescaped(escaped(text)) == text

    @given(st.text("'", max_size=3), st.sampled_from(EVALUATED), TEXTS)
    def test_that_a_formula_starts_gets_one_apostrophe_whatever_it_has(self, before, start, text):
        assert escaped(before + start + text) == f"'{before}{start}{text}"

    @pytest.mark.parametrize("text", ["", "'", "'s-Hertogenbosch", "a=1", "i-1", " =", "''"])
    def test_of_another_start_is_left_alone(self, text):
        assert escaped(text) == unescaped(text) == text


class TestAFile:
    @given(st.lists(st.tuples(TEXTS, TEXTS), max_size=3), st.sampled_from(["\n", "\r\n"]))
    def test_is_read_as_it_was_written(self, rows, line_end):
        text = written(*rows, line_end=line_end)
        assert evaluated_cells(text) == []
        assert [tuple(row.values()) for row in read_rows(text)] == rows

    @given(TEXTS)
    def test_of_one_column_keeps_empty_rows(self, text):
        [row] = read_rows(written((text,), header=("a",)))
        assert row == {"a": text}

    def test_names_its_columns_by_the_same_rule(self):
        text = written(("1",), header=("=a",))
        assert text == "'=a\n1\n"
        assert list(read_rows(text)) == [{"=a": "1"}]

    def test_has_numbers_as_numbers(self):
        amounts = (-5, Decimal("-0.0000000001"), Decimal("1E+3"), Fraction(-1, 3), None)
        assert written(amounts, header="abcde").splitlines()[1] == "-5,-0.0000000001,1000,-1/3,"

    def test_takes_nothing_of_which_it_is_not_known_whether_it_is_a_text(self):
        with pytest.raises(AssertionError):
            written((Path("=1+1"), ""))

    def test_quotes_a_carriage_return_which_readers_take_for_the_end_of_a_row(self):
        assert written(("a\r=1+1", "b")) == 'a,b\n"a\r=1+1",b\n'

    @given(st.lists(st.tuples(st.text("ab'1 \n,\"é;"), st.integers() | st.decimals("-9", "9"))))
    def test_without_formulas_has_the_bytes_of_pythons_own_writer(self, rows):
        file = io.StringIO(newline="")
        plain = [(text, f"{number:f}" if isinstance(number, Decimal) else number)
                 for text, number in rows]  # fmt: skip
        writer = csv.writer(file, lineterminator="\n")  # noqa: TID251 - what is compared with
        writer.writerows([("a", "b"), *plain])
        if not any(text.lstrip("'").startswith("\n") for text, _ in rows):
            assert written(*rows) == file.getvalue()

    @pytest.mark.parametrize(
        ("text", "fault"), [("a,b\n1\n", ValueError), ('a,b\n1,"2\n', csv.Error)]
    )
    def test_that_is_cut_is_no_file_of_fewer_rows(self, text, fault):
        with pytest.raises(fault):
            list(read_rows(text))

    def test_of_nothing_has_no_rows(self):
        assert list(read_rows("")) == []
