"""The oracle of `make fuzz-bills` knows what is right, and what is wrong is noticed."""

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fuzz.bills import judge, oracle
from tests.fuzz.bills.mutations import untouched
from tests.fuzz.bills.tables import FORMATS, Table, deliver, encoded, random_table


def chance() -> random.Random:
    return random.Random(7)  # noqa: S311 - the same each time


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_a_delivery_as_it_should_be_is_taken_for_what_the_oracle_reads(form, tmp_path):
    (tmp_path / "bill").mkdir()
    bill = untouched(chance(), tmp_path / "bill", form)
    answer = oracle.read(bill)
    assert answer.owners
    assert judge.judged(answer, bill, tmp_path, is_whole=True) == judge.Judged("accepted")


@pytest.mark.parametrize("is_whole", [True, False])
def test_another_owner_other_rows_and_what_must_be_refused_are_no_answer(tmp_path, is_whole):
    form = FORMATS[0]
    (tmp_path / "bill").mkdir()
    bill = untouched(chance(), tmp_path / "bill", form)
    answer = oracle.read(bill)
    wrong = {
        "silent_wrong": [
            replace(answer, owners={"acme": Decimal(1)}),
            oracle.Answer(refusal="a cost that is none"),
        ],
        "half_imported": [replace(answer, rows=answer.rows + 1)],
    }
    for verdict, answers in wrong.items():
        for each in answers:
            assert judge.judged(each, bill, tmp_path, is_whole=is_whole).verdict == verdict


@pytest.mark.parametrize(
    ("what", "cell", "refusal"),
    [
        ("cost", "1,50", "the cost"),
        ("cost", "NaN", "the cost"),
        ("tags", "{customer=acme}", "no JSON"),
        ("tags", '{"customer":"acme","customer":"globex"}', "twice"),
    ],
)
def test_the_oracle_refuses_what_has_no_amount_or_no_owner(tmp_path, what, cell, refusal):
    form = FORMATS[0]
    table = random_table(chance(), form)
    row = [*table.rows[0]]
    row[table.column(form.columns[what])] = cell
    bill = deliver(tmp_path, form, [encoded(Table(table.header, [row]), form)])
    assert refusal in oracle.read(bill).refusal
