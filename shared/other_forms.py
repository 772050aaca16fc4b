"""Files of a form that is not read, by what they begin with: each is refused by what it is."""

from pathlib import Path
from typing import Final

from shared.faults import BadInput

_PACK_AS_GZIP: Final = "Unpack it, and give the file in it as it is or as gzip."
_AS_CSV: Final = "Save the sheet as CSV, in UTF-8."
_AS_CSV_OR_PARQUET: Final = "Export it as CSV or Parquet."
_FORMS: Final = (
    (b"BZh", "it is packed with bzip2.", _PACK_AS_GZIP),
    (b"\xfd7zXZ", "it is packed with xz.", _PACK_AS_GZIP),
    (b"\x28\xb5\x2f\xfd", "it is packed with zstd.", _PACK_AS_GZIP),
    (b"\x04\x22\x4d\x18", "it is packed with lz4.", _PACK_AS_GZIP),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive.", _PACK_AS_GZIP),
    (b"Rar!", "it is a RAR archive.", _PACK_AS_GZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "it is an old workbook of Excel.", _AS_CSV),
    (b"%PDF", "it is a PDF.", "Give the export that it was made of, as CSV or Parquet."),
    (b"Obj\x01", "it is Avro.", _AS_CSV_OR_PARQUET),
    (b"ORC", "it is ORC.", _AS_CSV_OR_PARQUET),
    (b"SQLite format 3\x00", "it is a database of SQLite.", _AS_CSV_OR_PARQUET),
)
BEGINNING_BYTES: Final = max(len(beginning) for beginning, _, _ in _FORMS)


def refuse_other_form(path: Path, beginning: bytes) -> None:
    """`beginning` is of the file's bytes. Raises BadInput."""
    for known, words, remedy in _FORMS:
        if beginning.startswith(known):
            raise BadInput(words, file=str(path), remedy=remedy)


def refuse_json(path: Path, first_line: str) -> None:
    """Raises BadInput where a text begins as an object or a list of JSON does."""
    if first_line.lstrip("\ufeff \t\r\n").startswith(("{", "[{", "[\n", "[\r")):
        raise BadInput("it is JSON.", file=str(path), remedy=_AS_CSV_OR_PARQUET)


def refuse_workbook(path: Path, names: list[str]) -> None:
    """`names` are of a zip's members. Raises BadInput."""
    if any(name.startswith("xl/") for name in names):
        raise BadInput("it is a workbook of Excel.", file=str(path), remedy=_AS_CSV)
    if "content.xml" in names:
        raise BadInput("it is a sheet of OpenDocument.", file=str(path), remedy=_AS_CSV)
