"""What may be given by hand."""

import pytest

from services.ingestion.domain.uploads import (
    PART_BYTES_MAX,
    PARTS_MAX,
    check_part,
    check_whole,
    part_name,
    safe_file_name,
)
from shared.faults import BadInput


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("bill.csv", "bill.csv"),
        ("/home/ada/bill.CSV.gz", "bill.CSV.gz"),
        ("C:\\Users\\ada\\bill 10.parquet", "bill 10.parquet"),
        ("../../bill.zip", "bill.zip"),
    ],
)
def test_a_name_is_the_last_part_of_what_was_given(given, name):
    assert safe_file_name(given) == name


@pytest.mark.parametrize(
    "given", ["", "..", ".csv", "a\n.csv", "x" * 200 + ".csv", "bill", "bill.exe"]
)
def test_a_name_that_can_not_be_read_by_is_refused(given):
    with pytest.raises(BadInput, match="field file_name"):
        safe_file_name(given)


def test_a_part_has_its_number_and_size():
    assert part_name(7) == "part-00007"
    check_part(1, 1, file="a.csv")
    check_part(PARTS_MAX, PART_BYTES_MAX, file="a.csv")
    for number, size in ((0, 1), (PARTS_MAX + 1, 1), (1, 0), (1, PART_BYTES_MAX + 1)):
        with pytest.raises(BadInput):
            check_part(number, size, file="a.csv")


@pytest.mark.parametrize(
    ("parts", "size"), [({}, 1), ({"2": 1}, 1), ({"1": 1, "3": 1}, 2), ({"1": 1}, 2)]
)
def test_a_file_is_all_of_its_parts(parts, size):
    with pytest.raises(BadInput, match="Send what is missing"):
        check_whole(parts, size_bytes=size, file="a.csv")
    check_whole({"1": 3, "2": 1}, size_bytes=4, file="a.csv")
