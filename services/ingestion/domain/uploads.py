"""What may be given by hand: names, sizes and how a file is cut into parts."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

from shared.faults import BadInput

PART_BYTES_MAX: Final = 4 * 1024 * 1024
PARTS_MAX: Final = 500
FILE_BYTES_MAX: Final = PART_BYTES_MAX * PARTS_MAX
_NAME_BYTES_MAX: Final = 200
_ENDINGS: Final = re.compile(r"\.(?:csv|csv\.gz|csv\.zip|zip|parquet|jsonl|json)$", re.IGNORECASE)


def safe_file_name(given: str) -> str:
    """The last part of a path as people's machines write it. Raises BadInput."""
    name = PurePosixPath(given.replace("\\", "/")).name
    if not name.isprintable() or name.startswith(".") or len(name.encode()) > _NAME_BYTES_MAX:
        raise BadInput(
            "that is no name of a file.",
            file=given,
            field="file_name",
            remedy=f"Give it one of {_NAME_BYTES_MAX} bytes at most that is printable.",
        )
    if not _ENDINGS.search(name):
        raise BadInput(
            f"{name!r} has no ending by which it can be read.",
            file=name,
            field="file_name",
            remedy="It is .csv, .csv.gz, .csv.zip, .zip or .parquet.",
        )
    return name


def part_name(number: int) -> str:
    return f"part-{number:05d}"


def check_part(number: int, size_bytes: int, *, file: str) -> None:
    """Raises BadInput."""
    if not 1 <= number <= PARTS_MAX:
        raise BadInput(
            f"part {number} is not among 1 to {PARTS_MAX}.",
            file=file,
            field="number",
            remedy=f"A file has {FILE_BYTES_MAX:,} bytes at most; put a larger one into a bucket.",
        )
    if not 1 <= size_bytes <= PART_BYTES_MAX:
        raise BadInput(
            f"a part has 1 to {PART_BYTES_MAX:,} bytes, and this one {size_bytes:,}.",
            file=file,
            field="content",
            remedy="Send the file in parts of that size.",
        )


def check_whole(parts: Mapping[str, int], *, size_bytes: int, file: str) -> None:
    """Raises BadInput for what isn't all of the file."""
    wanted = [str(number) for number in range(1, len(parts) + 1)]
    if sorted(parts) != sorted(wanted) or sum(parts.values()) != size_bytes or not parts:
        raise BadInput(
            f"{sum(parts.values()):,} bytes in {len(parts)} parts are here, and the file has"
            f" {size_bytes:,}.",
            file=file,
            field="size_bytes",
            remedy="Send what is missing; nothing was taken.",
        )
