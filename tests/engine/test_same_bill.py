"""A random bill gives the same owners and amounts in whatever format and spelling it is written."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.fuzz.bills import same_bills
from tests.same_bill import FORMS, write_bill

BILLS = range(30)
AT_ONCE = 10
SEED = 0
# `make fuzz-bills` writes each of 300 in all formats.
FORMS_OF_EACH = 2


@pytest.mark.parametrize("first", BILLS[::AT_ONCE])
def test_in_two_formats(tmp_path, first):
    numbers = range(first, first + AT_ONCE)
    found = same_bills.differences(numbers, SEED, tmp_path, form_count=FORMS_OF_EACH)
    assert list(found) == []


def test_every_format_is_among_them():
    planned = [same_bills.planned(number, SEED, FORMS_OF_EACH) for number in BILLS]
    assert {form for _, _, forms in planned for form in forms} == set(FORMS)


def test_lines_that_differ_in_one_format_are_noticed(tmp_path, monkeypatch):
    """One costs the least that there is more, the other is somebody else's."""
    written = []

    def write(dice, lines, form, folder):
        written.append(form)
        first = lines[0]
        if len(written) == FORMS_OF_EACH:
            first = replace(first, amount=first.amount + Decimal("1E-10"))
        elif len(written) == 2 * FORMS_OF_EACH:
            first = replace(first, category="Usage", tags={"customer": "initech"})
        return write_bill(dice, [first, *lines[1:]], form, folder)

    monkeypatch.setattr(same_bills, "write_bill", write)
    found = list(same_bills.differences([0, 1], SEED, tmp_path, form_count=FORMS_OF_EACH))
    of_runs = [number for number, what in found if "owners or amounts" in what]
    of_lines = [number for number, what in found if "other lines" in what]
    assert of_runs == of_lines == [0, 1]
