"""Temporary folders of tests in memory, where there is room: most of what they write is deleted.

PostgreSQL waits for the disk at every commit, and a test that truncates waits once per table.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the point of it
_NEEDED_BYTES: Final = 4 * 1024**3


def use_memory_folder() -> None:
    """For this process and those that it starts; where TMPDIR is set, that is what counts."""
    if "TMPDIR" not in os.environ and _has_room(_SHARED_MEMORY):
        os.environ["TMPDIR"] = str(_SHARED_MEMORY)
        tempfile.tempdir = None


def _has_room(folder: Path) -> bool:
    """Containers have 64 MB of it as a rule, from which no program may be started."""
    if not os.access(folder, os.W_OK):
        return False
    may_execute = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return may_execute and shutil.disk_usage(folder).free >= _NEEDED_BYTES
