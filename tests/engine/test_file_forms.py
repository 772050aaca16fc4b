"""A CSV as tools write it: read where nothing is ambiguous, else told what it is."""

import csv

import pytest

from shared.faults import BadInput
from tests.bills import (
    columns_of,
    cur_line,
    focus_line,
    legacy_line,
    snapshot_of,
    write_focus,
    write_legacy,
)

LINES = [
    focus_line(cost="3", tags={"customer": "acme"}, ResourceId='a "b", c\nd'),
    focus_line(cost="5", ServiceName="Größe"),
]


def plain(folder):
    return write_focus(folder / "plain.csv", LINES)


def content_of(path, folder):
    snapshot = snapshot_of(path, folder)
    return snapshot.content_hash, snapshot.billed_total


@pytest.fixture(scope="module")
def plain_content(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return content_of(plain(folder), folder)


def separated(path, delimiter):
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))  # noqa: TID251 - an input
    other = path.with_name("other.csv")
    with other.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)  # noqa: TID251 - an input
    return other


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be-with-mark"])
def test_of_another_encoding_that_its_mark_tells_is_the_same_bill(
    tmp_path, plain_content, encoding
):
    text = plain(tmp_path).read_text()
    path = tmp_path / "bill.csv"
    if encoding == "utf-16-be-with-mark":
        path.write_bytes(b"\xfe\xff" + text.encode("utf-16-be"))
    else:
        path.write_bytes(text.encode(encoding))
    assert content_of(path, tmp_path / "a") == plain_content


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_with_another_delimiter_is_the_same_bill(tmp_path, plain_content, delimiter):
    path = separated(plain(tmp_path), delimiter)
    assert content_of(path, tmp_path / "a") == plain_content


@pytest.mark.parametrize("rows_end", ["\n", "\r\n"])
def test_whose_header_ends_in_another_way_than_its_rows_is_the_same_bill(tmp_path, rows_end):
    header, rows = plain(tmp_path).read_text().split("\n", 1)
    rows = rows.replace("c\nd", "c d")
    other = {"\n": "\r\n", "\r\n": "\n"}[rows_end]
    path = tmp_path / "bill.csv"
    path.write_bytes((header + other + rows.replace("\n", rows_end)).encode())
    same = tmp_path / "same.csv"
    same.write_text(f"{header}\n{rows}")
    assert content_of(path, tmp_path / "a") == content_of(same, tmp_path / "b")


def test_whose_lines_end_in_both_ways_has_all_of_them(tmp_path):
    header, *rows = write_focus(tmp_path / "plain.csv", [focus_line()] * 6).read_text().split("\n")
    path = tmp_path / "bill.csv"
    ends = ["\n", "\r\n"] * 3
    lines = [row + end for row, end in zip(rows, ends, strict=False)]
    path.write_bytes((header + "\n" + "".join(lines)).encode())
    assert snapshot_of(path, tmp_path).row_count == 6


def test_whose_quotes_have_a_backslash_is_refused_by_its_column(tmp_path):
    path = write_focus(tmp_path / "bill.csv", [focus_line(tags={"customer": "acme"})])
    path.write_text(path.read_text().replace('""', '\\"'))
    with pytest.raises(
        BadInput, match="In column 16 quotes are escaped with a backslash"
    ) as refused:
        snapshot_of(path, tmp_path)
    assert (refused.value.row, "etch" in refused.value.remedy) == (1, False)


def test_of_windows_letters_is_refused_by_its_encoding(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_bytes(plain(tmp_path).read_text().encode("cp1252"))
    with pytest.raises(BadInput, match="Windows-1252") as refused:
        snapshot_of(path, tmp_path)
    assert refused.value.remedy == "Save it as UTF-8; nothing was taken."


@pytest.mark.parametrize(
    "spelling", [str.lower, str.upper, lambda name: f" {name}_".replace("C", "_c")]
)
def test_of_focus_with_names_as_catalogues_write_them_is_the_same_bill(
    tmp_path, plain_content, spelling
):
    lines = [{spelling(name): value for name, value in line.items()} for line in LINES]
    path = write_focus(tmp_path / "bill.csv", lines)
    assert content_of(path, tmp_path / "a") == plain_content


def with_blanks(lines, *, before=" ", after=""):
    """As of a header with blanks after its commas: the first name has none."""
    first = next(iter(lines[0]))
    return [
        {name if name == first else f"{before}{name}{after}": value for name, value in line.items()}
        for line in lines
    ]


@pytest.mark.parametrize(("before", "after"), [(" ", ""), ("", " "), ("\t", "\u00a0 ")])
def test_of_a_header_with_blanks_at_names_is_the_same_bill(tmp_path, plain_content, before, after):
    path = write_focus(tmp_path / "bill.csv", with_blanks(LINES, before=before, after=after))
    assert content_of(path, tmp_path / "a") == plain_content


def test_of_a_legacy_header_with_blanks_after_commas_is_the_same_bill(tmp_path):
    line = legacy_line(cur_line(2.0)) | {
        "resourceTags/user:Customer": "acme",
        "costCategory/Team": "a",
        "accountTag/customer": "b",
    }
    path = write_legacy(tmp_path / "bill.csv", with_blanks([line]))
    same = write_legacy(tmp_path / "same.csv", [line])
    assert content_of(path, tmp_path / "a") == content_of(same, tmp_path / "b")


def test_of_names_with_blanks_the_one_without_counts_and_two_are_refused(tmp_path):
    line = LINES[0] | {" BilledCost": "7"}
    path = write_focus(tmp_path / "bill.csv", [line])
    assert snapshot_of(path, tmp_path / "a").billed_total == 3
    line = {(" Tags" if name == "Tags" else name): value for name, value in LINES[0].items()}
    path = write_focus(tmp_path / "two.csv", [line | {"Tags ": "{}"}])
    with pytest.raises(BadInput, match="' Tags', 'Tags ' may both be Tags"):
        snapshot_of(path, tmp_path / "b")


def test_of_a_legacy_cur_in_small_letters_keeps_its_tags(tmp_path):
    line = legacy_line(cur_line(2.0)) | {"resourceTags/user:Customer": "acme"}
    path = write_legacy(
        tmp_path / "bill.csv", [{name.lower(): value for name, value in line.items()}]
    )
    snapshot = snapshot_of(path, tmp_path)
    assert snapshot.billed_total == 2
    assert "no-tags" not in [each.kind for each in snapshot.findings]


def test_of_two_columns_that_may_be_one_is_refused(tmp_path):
    line = {name.lower(): value for name, value in LINES[0].items()} | {"billed_cost": "1"}
    with pytest.raises(BadInput, match="'billedcost', 'billed_cost' may both be BilledCost"):
        snapshot_of(write_focus(tmp_path / "bill.csv", [line]), tmp_path)


def test_of_something_else_is_refused_by_what_it_has(tmp_path):
    path = tmp_path / "bill.csv"
    path.write_text("name,Biled Cost\nx,1\n")
    with pytest.raises(
        BadInput, match=r"'name', 'Biled Cost'[.] 'Biled Cost' is nearly 'BilledCost'"
    ):
        snapshot_of(path, tmp_path)


class TestClosedLists:
    def test_are_compared_without_case(self, tmp_path):
        lines = [
            focus_line(ChargeCategory="credit", cost="-3", BillingCurrency="usd"),
            focus_line(),
        ]
        snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
        assert {total.charge_category for total in snapshot.raw_totals} == {"Credit", "Usage"}
        assert snapshot.currency == "USD"

    def test_have_a_finding_with_the_money_of_what_is_on_none(self, tmp_path):
        lines = [
            focus_line(ChargeCategory="Discount", cost="-3"),
            focus_line(ChargeClass="corrected"),
        ]
        snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
        messages = [each.message for each in snapshot.findings if each.kind == "unknown-value"]
        assert len(messages) == 2
        assert "'Discount'" in messages[0]
        assert "billed -3" in messages[0]
        assert "Did its producer mean 'Correction'" in messages[1]


def test_of_focus_1_4_has_its_providers(tmp_path):
    line = focus_line(ServiceProviderName="AWS", HostProviderName="Amazon", InvoiceDetailId="i-1")
    path = write_focus(tmp_path / "bill.csv", [line])
    snapshot = snapshot_of(path, tmp_path)
    assert snapshot.source_format == "FOCUS 1.4"
    assert columns_of(snapshot.parts[0], "ProviderName, PublisherName, InvoiceDetailId") == [
        ("AWS", "Amazon", "i-1")
    ]
