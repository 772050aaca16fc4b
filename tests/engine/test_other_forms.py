"""A bill in a form that is not read is refused by what it is; Excel's own first line is skipped."""

import bz2
import gzip
import io
import json
import lzma
import zipfile

import pytest

from shared.faults import BadInput
from tests.bills import focus_line, snapshot_of, write_focus

LINES = [focus_line(cost="3", tags={"customer": "acme, inc"}), focus_line(cost="5")]
OBJECTS = [json.dumps(line) for line in LINES]


def workbook(*names):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("\n".join(OBJECTS).encode(), "it is JSON"),
        (f"[{','.join(OBJECTS)}]".encode(), "it is JSON"),
        (json.dumps(LINES, indent=1).encode(), "it is JSON"),
        (b"\xef\xbb\xbf" + OBJECTS[0].encode(), "it is JSON"),
        (gzip.compress(OBJECTS[0].encode()), "it is JSON"),
        (bz2.compress(b"BilledCost\n1\n"), "packed with bzip2"),
        (lzma.compress(b"BilledCost\n1\n"), "packed with xz"),
        (b"\x28\xb5\x2f\xfd\x00", "packed with zstd"),
        (workbook("[Content_Types].xml", "xl/workbook.xml"), "a workbook of Excel"),
        (workbook("mimetype", "content.xml"), "a sheet of OpenDocument"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "an old workbook of Excel"),
        (b"%PDF-1.7\n", "a PDF"),
    ],
)
def test_is_named(tmp_path, content, words):
    path = tmp_path / "bill.csv"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words) as raised:
        snapshot_of(path, tmp_path / "work")
    assert raised.value.file == str(path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The content of the bill as it is usually written."""
    folder = tmp_path_factory.mktemp("plain")
    return snapshot_of(write_focus(folder / "plain.csv", LINES), folder).content_hash


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_first_line_that_names_the_separator_is_skipped(tmp_path, plain, delimiter, end, mark):
    copy = tmp_path / "bill.csv"
    rows = [
        delimiter.join('"' + value.replace('"', '""') + '"' for value in row)
        for row in (list(LINES[0]), *([line[name] for name in LINES[0]] for line in LINES))
    ]
    text = f"{mark}sep={delimiter}{end}" + "".join(row + end for row in rows)
    copy.write_text(text, encoding="utf-8", newline="")
    assert snapshot_of(copy, tmp_path / "work").content_hash == plain


@pytest.mark.parametrize("word", ["nan", "NaN", "None", "N/A", "-"])
def test_tags_of_a_word_for_nothing_are_to_be_left_empty(tmp_path, word):
    path = write_focus(tmp_path / "bill.csv", [focus_line(Tags=word)])
    with pytest.raises(BadInput, match="a word for no value: leave the cell empty"):
        snapshot_of(path, tmp_path / "work")
