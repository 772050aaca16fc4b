"""A random bill gives the same owners and amounts in whatever format and spelling it is written."""

import random

import pytest

from tests.bills import columns_of, run_of, snapshot_of
from tests.same_bill import FORMS, LINE_COLUMNS, OUTPUTS, RULESET, random_bill, write_bill

BILLS = 30
_RUN_TOO = 10
"""Of so many bills one is attributed, too: that is a function of the lines."""


@pytest.mark.parametrize("seed", range(BILLS))
def test_in_two_formats(tmp_path, seed):
    dice = random.Random(seed)  # noqa: S311 - a seed makes the same bill each time
    lines = random_bill(dice)
    written = []
    for form in dice.sample(list(FORMS), 2):
        folder = tmp_path / form
        snapshot = snapshot_of(write_bill(dice, lines, form, folder), folder)
        content = [columns_of(snapshot.parts[0], LINE_COLUMNS)]
        if seed % _RUN_TOO == 0:
            run_of(snapshot, folder, RULESET, run_id="run")
            content += [(folder / "run" / name).read_bytes() for name in OUTPUTS]
        written.append(content)
    assert written[0] == written[1]
