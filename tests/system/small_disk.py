"""A folder on a file system of its own, which can be made full; needs root on Linux."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# More than a close of the sample writes at once.
_SIZE_BYTES: Final = 1 << 30
_PAGE_BYTES: Final = 4096


@dataclass(frozen=True)
class SmallDisk:
    folder: Path

    @contextmanager
    def full(self) -> Iterator[None]:
        """No byte more than there is now (ENOSPC); what lies there stays."""
        self._resize(shutil.disk_usage(self.folder).used)
        try:
            yield
        finally:
            self._resize(_SIZE_BYTES)

    def _resize(self, size_bytes: int) -> None:
        """Refused by the kernel where more is used by then: it is as full as it was."""
        subprocess.run(
            ("mount", "-o", f"remount,size={size_bytes}", self.folder),
            check=False,
            capture_output=True,
        )


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk | None]:
    """Empty, in memory; None where the system lets us mount none."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={_SIZE_BYTES},mode=0700", "tmpfs", folder)
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        yield None
        return
    try:
        # A size of 0 would be none at all.
        (folder / "first-page").write_bytes(bytes(_PAGE_BYTES))
        yield SmallDisk(folder)
    finally:
        # What still has a file open there keeps it until it ends.
        subprocess.run(("umount", "--lazy", folder), check=True)
