"""Text of a file that others wrote: out of a gzip or zip, of its encoding, record by record.

Whatever a file says of itself is bounded before it is read (`shared.input_limits`).
"""

import codecs
import csv
import gzip
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, Self, TextIO, cast

from shared.faults import BadInput
from shared.input_limits import (
    LINE_BYTES_MAX,
    UNPACKED_BYTES_MAX,
    UNPACKED_RATIO_MAX,
    UNPACKED_SMALL_BYTES,
    ZIP_DIRECTORY_BYTES_MAX,
    LimitedReader,
    Unpacked,
    beyond,
)
from shared.other_forms import refuse_workbook

csv.field_size_limit(LINE_BYTES_MAX)

Compression = Literal["none", "gzip", "zip"]
_GZIP_MAGIC = b"\x1f\x8b"
_ZIP_MAGIC = b"PK\x03\x04"
# The size of the directory, in the record at the end and in that of a zip64 (APPNOTE 4.3.14, 16);
# the former has all bits set where the latter counts.
_ZIP_ENDS = re.compile(rb"(?=PK\x05\x06.{8}(?!\xff{4})(.{4})|PK\x06\x06.{36}(.{8}))", re.DOTALL)
# Both records, the zip64's locator between them, and a comment of at most 65,535 bytes.
_ZIP_END_BYTES_MAX = 56 + 20 + 22 + 65_535
_READ_BYTES = 128 * 1024
_SEPARATOR_LINE = re.compile(r'"?sep=([,;|\t])"?\r?\n?', re.IGNORECASE)
UTF_8 = "utf-8-sig"
UTF_16 = "utf-16"
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SAVE_AS_UTF_8 = "Save it as UTF-8; nothing was taken."
FETCH_AGAIN = "Fetch the file again; nothing was taken."
_CUT_OR_CORRUPT = (
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    struct.error,  # zipfile, of a directory that lies about itself
    NotImplementedError,  # zipfile, of what it can't unpack
)


def compression_of(magic: bytes) -> Compression:
    if magic == _ZIP_MAGIC:
        return "zip"
    return "gzip" if magic.startswith(_GZIP_MAGIC) else "none"


@contextmanager
def open_text(path: Path, encoding: str = UTF_8) -> Iterator[TextIO]:
    """Text of a CSV; an archive that is cut or whose CRC32 is wrong is a fault, not a short file.

    Of a zip its one `.csv` is read, whatever else lies in it and whatever its path says.
    """
    try:
        with (
            open_unpacked(path) as binary,
            io.TextIOWrapper(binary, encoding=encoding, newline="") as text,
        ):
            yield text
    except UnicodeDecodeError as error:
        raise BadInput(_encoding_words(error), file=str(path), remedy=_SAVE_AS_UTF_8) from error


@contextmanager
def open_unpacked(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as raw:
        compression = compression_of(raw.read(4))
        raw.seek(0)
        try:
            with unpacked(raw, compression, path) as binary:
                yield binary
        except _CUT_OR_CORRUPT as error:
            raise BadInput(
                f"the {compression} is cut or corrupt: {error}.",
                file=str(path),
                remedy=FETCH_AGAIN,
            ) from error


def _encoding_words(error: UnicodeDecodeError) -> str:
    wrong = error.object[error.start : error.start + 1]
    looks_like = "It looks like Windows-1252 (Latin-1), as spreadsheets save a CSV."
    if b"\x00" in error.object[:1000] or wrong in (b"\xff", b"\xfe"):
        looks_like = "It looks like UTF-16 without its mark, or like no text."
    return f"not UTF-8 text: it has the byte 0x{wrong.hex()}. {looks_like}"


@contextmanager
def unpacked(raw: BinaryIO, compression: str, path: Path) -> Iterator[BinaryIO]:
    if compression == "zip":
        _check_zip_directory(raw, path)
        with zipfile.ZipFile(raw) as archive:
            only = _only_csv(archive, path)
            if only.header_offset < 0:  # to seek there is an error of the system's
                raise zipfile.BadZipFile("its directory lies elsewhere than it says")
            with archive.open(only) as member:
                yield _limited(cast("Unpacked", member), path)
    else:
        unpacked = gzip.GzipFile(fileobj=raw) if compression == "gzip" else raw
        yield _limited(cast("Unpacked", unpacked), path)


def _limited(unpacked: Unpacked, path: Path) -> BinaryIO:
    packed_bytes = path.stat().st_size
    reader = LimitedReader(unpacked, file=str(path), packed_bytes=packed_bytes)
    return io.BufferedReader(reader, _READ_BYTES)


def _check_zip_directory(raw: BinaryIO, path: Path) -> None:
    """Its size, which all that may be the record at the end of the zip says; it is read whole."""
    raw.seek(max(0, path.stat().st_size - _ZIP_END_BYTES_MAX))
    for match in _ZIP_ENDS.finditer(raw.read()):
        if int.from_bytes(match[1] or match[2], "little") > ZIP_DIRECTORY_BYTES_MAX:
            raise beyond(
                "the directory of the zip has more than {} bytes",
                ZIP_DIRECTORY_BYTES_MAX,
                file=str(path),
            )
    raw.seek(0)


def _only_csv(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [item for item in archive.infolist() if _is_csv(item.filename)]
    if not members:
        refuse_workbook(path, archive.namelist())
        raise BadInput("no .csv is in the zip.", file=str(path), remedy=FETCH_AGAIN)
    if len(members) > 1:
        raise BadInput(
            f"{len(members)} .csv are in the zip.",
            file=str(path),
            field=members[1].filename,
            remedy="Pack each of them for itself; nothing was taken.",
        )
    only = members[0]
    allowed = max(UNPACKED_SMALL_BYTES, UNPACKED_RATIO_MAX * only.compress_size)
    if only.file_size > min(allowed, UNPACKED_BYTES_MAX):
        raise BadInput(
            f"unpacked it would have {only.file_size:,} bytes, from {only.compress_size:,}.",
            file=str(path),
            field=only.filename,
            remedy="No bill packs that well; if it is one, unpack it and give the CSV as gzip.",
        )
    if only.flag_bits & 1 or only.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInput(
            "the zip is encrypted or packed in a way that bills are not.",
            file=str(path),
            remedy="Give the file as its producer wrote it.",
        )
    return only


def _is_csv(name: str) -> bool:
    """Without what macOS packs beside each file, `__MACOSX/._<name>`."""
    return name.lower().endswith(".csv") and not name.rpartition("/")[2].startswith("._")


def csv_records(path: Path, encoding: str = UTF_8, delimiter: str = ",") -> Iterator[list[str]]:
    """The header and every record, in their order; blank lines are none.

    Raises csv.Error where the text is no CSV, BadInput for a record that goes beyond the limits.
    """
    with open_text(path, encoding) as text:
        lines = Lines(text, str(path))
        named = _without_separator(lines)
        records = csv.reader(named, delimiter=delimiter, strict=True)  # noqa: TID251 - others' files
        try:
            for record in records:
                lines.record_characters = 0
                if record:
                    yield record
        except csv.Error as error:
            raise csv.Error(f"{error}{_quoting_words(lines.last, delimiter)}") from error


def separator_named(line: str) -> str:
    """By Excel's own first line, such as `sep=;`; '' for any other line."""
    match = _SEPARATOR_LINE.fullmatch(line)
    return match[1] if match else ""


def _without_separator(lines: Iterable[str]) -> Iterator[str]:
    at_start = True
    for line in lines:
        if not (at_start and separator_named(line)):
            yield line
        at_start = False


def _quoting_words(line: str, delimiter: str) -> str:
    """What is wrong with a line whose quotes don't close, if it can be told."""
    place = line.find('\\"')
    if place < 0:
        return ""
    before = csv.reader([line[:place]], delimiter=delimiter)  # noqa: TID251 - other people's files
    column = len(next(before, [""]))
    return (
        f". In column {column} quotes are escaped with a backslash, as Spark writes them; a CSV"
        " doubles them (Spark: option escape='\"')"
    )


class Lines:
    """Lines of a text, as long as those of one record are no longer than one may be."""

    def __init__(self, text: TextIO, file: str) -> None:
        self.record_characters = 0
        self.last = ""
        self._text = text
        self._file = file

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        self.last = line = next(self._text)
        self.record_characters += len(line)
        if self.record_characters > LINE_BYTES_MAX:
            raise beyond("a record has more than {} bytes", LINE_BYTES_MAX, file=self._file)
        return line
