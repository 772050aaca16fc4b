"""A folder below the configured root, read as S3 is: listed whole, fetched file by file.

No link is followed, in whatever part of a path it stands, so that nothing outside the root is read,
also where somebody puts one there between listing and reading.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Final

from services.ingestion.domain.addresses import FOLDER
from shared.faults import BadInput
from shared.lake.storage import StoredObject

# More lie in no folder of bills; who lists one is in the middle of a scheduled call.
ENTRIES_MAX: Final = 200_000
_COPY_BYTES: Final = 1 << 20
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A named pipe that nobody writes to would be waited for.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class FolderStorage:
    """`root` has no link in it. Errors of the system go up as OSError."""

    root: Path

    def list(self, uri: str) -> Iterator[StoredObject]:
        """Regular files below the folder, in order; hidden ones are somebody's half-written ones.

        Raises BadInput for a folder with too many entries.
        """
        place = self._parts(uri)
        count = 0
        descriptor = self._open_folder(place)
        try:
            for folder, names, files, inside in os.fwalk(".", dir_fd=descriptor):
                names[:] = sorted(name for name in names if not name.startswith("."))
                count += len(names) + len(files)
                if count > ENTRIES_MAX:
                    raise BadInput(
                        f"the folder has more than {ENTRIES_MAX:,} entries.",
                        file=uri,
                        remedy="Give the folder of one export.",
                    )
                for name in sorted(files):
                    if not name.startswith("."):
                        status = os.stat(name, dir_fd=inside, follow_symlinks=False)
                        if stat.S_ISREG(status.st_mode):
                            below = (PurePosixPath(*place) / folder / name).as_posix()
                            yield _stored(f"{FOLDER}{self.root}/{below}", status)
        finally:
            os.close(descriptor)

    def first_of(self, uri: str, count: int) -> Sequence[StoredObject]:
        return tuple(islice(self.list(uri), count))

    def folders(self, uri: str) -> tuple[str, ...]:
        descriptor = self._open_folder(self._parts(uri))
        try:
            with os.scandir(descriptor) as entries:
                return tuple(
                    sorted(
                        entry.name
                        for entry in entries
                        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
                    )
                )
        finally:
            os.close(descriptor)

    def fetch(self, uri: str, to: Path, *, etag: str | None = None) -> Path:
        """A copy; with `etag` only if the file is that one before and after it was copied."""
        to.parent.mkdir(parents=True, exist_ok=True)
        descriptor = self._open_file(uri)
        with os.fdopen(descriptor, "rb") as file, to.open("wb") as copy:
            before = _etag(os.fstat(file.fileno()))
            while chunk := file.read(_COPY_BYTES):
                copy.write(chunk)
            after = _etag(os.fstat(file.fileno()))
        if before != after or (etag is not None and etag != before):
            raise BadInput(
                "the file was changed while it was read.",
                file=uri,
                remedy="Nothing is to be done: what is there now is read as the next delivery.",
            )
        return to

    def _parts(self, uri: str) -> tuple[str, ...]:
        """From the root on. Raises BadInput for what lies elsewhere, also by a later setting."""
        path = PurePosixPath(uri.removeprefix(FOLDER))
        if not path.is_relative_to(self.root) or ".." in path.parts:
            raise BadInput(
                f"it is not below {self.root}, the folder that may be read.",
                file=uri,
                remedy="Move it there, or change the source's address.",
            )
        return path.relative_to(self.root).parts

    def _open_folder(self, parts: tuple[str, ...]) -> int:
        descriptor = os.open(self.root, _FOLDER)
        for part in parts:
            inner = self._open_in(descriptor, part, _FOLDER)
            descriptor = inner
        return descriptor

    def _open_file(self, uri: str) -> int:
        *folders, name = self._parts(uri)
        try:
            descriptor = self._open_in(self._open_folder(tuple(folders)), name, _FILE)
        except FileNotFoundError as error:
            raise BadInput("the file is not there.", file=uri, remedy="Copy it again.") from error
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise BadInput("it is no regular file.", file=uri, remedy="Copy the file itself.")
        return descriptor

    @staticmethod
    def _open_in(folder: int, name: str, flags: int) -> int:
        """Closes the folder, whether or not it can be opened."""
        try:
            return os.open(name, flags, dir_fd=folder)
        finally:
            os.close(folder)


def _stored(uri: str, status: os.stat_result) -> StoredObject:
    return StoredObject(
        uri=uri,
        size_bytes=status.st_size,
        etag=_etag(status),
        modified_at=datetime.fromtimestamp(status.st_mtime, UTC),
    )


def _etag(status: os.stat_result) -> str:
    return f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"
