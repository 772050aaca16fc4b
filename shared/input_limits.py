"""How much of a file that others wrote is taken, in every format: bills, signals and workloads.

What is outside is refused before it is read, or at the byte that goes beyond; so the memory that
reading takes is bounded whatever a file says of itself. Each limit is some times what the largest
bills have. The table for people is docs/reference/bad-input.md.
"""

import io
from typing import TYPE_CHECKING, Final, Protocol

from shared.faults import BadInput

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# A line of a legacy CUR has some kB, of FOCUS with 50 tags of the longest keys and values 20 kB.
LINE_BYTES_MAX: Final = 1_000_000
# A legacy CUR has about 350 columns, and one for each of at most 500 activated tag keys.
COLUMNS_MAX: Final = 2_000
# Bills are packed 10 to 50 times. What packs better is small: it may be a bill of few lines.
UNPACKED_SMALL_BYTES: Final = 100_000_000
UNPACKED_RATIO_MAX: Final = 200
# The largest bills have some 100 GB of text, in parts of some 100 MB.
UNPACKED_BYTES_MAX: Final = 64_000_000_000
# AWS writes a Parquet footer of some 100 kB; it is read whole.
PARQUET_FOOTER_BYTES_MAX: Final = 16_000_000
# A line of a bill takes 20 bytes and more in Parquet; repeated values alone cost next to nothing.
PARQUET_SMALL_ROWS: Final = 10_000_000
PARQUET_ROWS_PER_BYTE_MAX: Final = 10
# AWS cuts a month into some hundred parts; a manifest is a name of some 100 bytes for each.
FILES_MAX: Final = 10_000
MANIFEST_BYTES_MAX: Final = 16_000_000
# As packed: it is copied to the local disk before it is read.
DELIVERY_BYTES_MAX: Final = 64_000_000_000
# Members of a zip, of which one is read; its directory is read whole.
ZIP_DIRECTORY_BYTES_MAX: Final = 1_000_000
# A payer has at most 500 activated tag keys, some thousand accounts and some hundred services; a
# meter or a cluster is what a ruleset names. They are kept to be compared with the next delivery.
NAMES_MAX: Final = 50_000
# What is kept as the name of a thing: the columns of statements and invoices are as long.
NAME_CHARACTERS_MAX: Final = 200

_CHUNK_BYTES: Final = 128 * 1024
_REMEDY: Final = "No such file has that; give it as its producer wrote it."


def beyond(what: str, limit: int, *, file: str, field: str = "") -> BadInput:
    """`what` is a phrase such as `a line has more than {} bytes`."""
    return BadInput(what.format(f"{limit:,}") + ".", file=file, field=field, remedy=_REMEDY)


class Unpacked(Protocol):
    def readinto(self, buffer: "WriteableBuffer", /) -> int: ...


class LimitedReader(io.RawIOBase):
    """Unpacked bytes within the limits for a line and for all of them; beyond, it raises BadInput.

    What reads text asks for some kB at a time, so little more than a line is ever held.
    """

    def __init__(self, unpacked: Unpacked, *, file: str, packed_bytes: int) -> None:
        super().__init__()
        self._unpacked = unpacked
        self._file = file
        self._bytes_max = min(
            max(UNPACKED_SMALL_BYTES, UNPACKED_RATIO_MAX * packed_bytes), UNPACKED_BYTES_MAX
        )
        self._byte_count = 0
        self._line_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        count = self._unpacked.readinto(view[:_CHUNK_BYTES])
        self._byte_count += count
        if self._byte_count > self._bytes_max:
            raise beyond("unpacked it has more than {} bytes", self._bytes_max, file=self._file)
        self._check_line(bytes(view[:count]))
        return count

    def _check_line(self, chunk: bytes) -> None:
        """A chunk is shorter than the longest line, so that only its first one can be too long."""
        first = chunk.find(b"\n")
        self._line_bytes += len(chunk) if first < 0 else first
        if self._line_bytes > LINE_BYTES_MAX:
            raise beyond("a line has more than {} bytes", LINE_BYTES_MAX, file=self._file)
        if first >= 0:
            self._line_bytes = len(chunk) - 1 - chunk.rfind(b"\n")
