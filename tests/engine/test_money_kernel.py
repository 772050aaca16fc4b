"""The split of whole quanta, which every engine must give to the last quantum.

`golden/money_kernel.csv` holds what an engine of another SQL dialect is held to as well.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.tables import create_table
from shared.columnar import open_session
from shared.money import split_by_largest_remainder
from tests.work_folder import work_folder

VECTORS = Path(__file__).with_name("golden") / "money_kernel.csv"
_WEIGHTS = {
    **dict.fromkeys(("cell", "level"), "BIGINT"),
    **dict.fromkeys(("quanta", "weight", "total"), "HUGEINT"),
    "recipient": "VARCHAR",
}
Cell = tuple[int, Mapping[str, int]]
"""Quanta, and weights by recipient."""


def split(cells: Sequence[Cell]) -> list[dict[str, int]]:
    rows = [
        (cell, 0, quanta, weight, sum(weights.values()), recipient)
        for cell, (quanta, weights) in enumerate(cells)
        for recipient, weight in weights.items()
    ]
    with (
        work_folder() as folder,
        open_session(scratch_dir=folder, memory_limit_mb=256) as session,
    ):
        create_table(session, "weights", _WEIGHTS, rows, scratch_dir=folder)
        split_weights(session, weights="weights", parts="parts", scratch_dir=folder)
        parts = session.execute("SELECT cell, recipient, quanta FROM parts").fetchall()
    return [{key: quanta for at, key, quanta in parts if at == cell} for cell in range(len(cells))]


def whole_numbers(text: str) -> dict[str, int]:
    return {key: int(number) for key, number in (pair.split("=") for pair in text.split())}


with VECTORS.open() as _file:
    _VECTORS = list(csv.DictReader(_file))  # noqa: TID251 - not of ours


@pytest.mark.parametrize("vector", _VECTORS, ids=[each["why"] for each in _VECTORS])
def test_golden_vector(vector):
    cell = int(vector["quanta"]), whole_numbers(vector["weights"])
    assert split([cell]) == [whole_numbers(vector["parts"])]


class TestAnyCells:
    @given(
        st.lists(
            st.tuples(
                st.integers(-(10**14), 10**14),
                st.dictionaries(
                    st.sampled_from("abcdefgh"), st.integers(1, 10**30), min_size=1, max_size=6
                ),
            ),
            min_size=1,
            max_size=5,
        )
    )
    def test_are_split_by_the_largest_remainder_and_sum_to_the_whole(self, cells):
        for (quanta, weights), found in zip(cells, split(cells), strict=True):
            assert found == split_by_largest_remainder(quanta, weights)
            assert sum(found.values()) == quanta
