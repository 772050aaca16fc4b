"""Folders in /var/tmp, one a home: as root, what PostgreSQL's user can't reach below the home.

Whoever deletes a home by hand leaves its folder here, so each says whose it is, and the next start
of any stack removes those whose home is gone. A live stack's says nothing: its home may lie on a
disk that is not mounted now, and what it holds can't be made again.
"""

import contextlib
import hashlib
import os
import shutil
from pathlib import Path
from typing import Final

from shared.faults import BadConfiguration

_PARENT: Final = Path("/var/tmp")  # noqa: S108 - survives a restart; our folder in it is ours alone
_OWNER: Final = "home"
"""The file that holds the path of the home."""


def outside_of(home: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return _PARENT / f"trueback-{digest}"


def make_outside(home: Path, *, is_live: bool) -> Path:
    """Raises BadConfiguration where another user has made one of this name."""
    path = outside_of(home)
    path.mkdir(mode=0o711, exist_ok=True)
    if not _is_ours(path):
        raise BadConfiguration(
            "the folder belongs to another user.",
            file=str(path),
            remedy="Remove it, or set TRUEBACK_HOME to another folder.",
        )
    if is_live:
        (path / _OWNER).unlink(missing_ok=True)
    else:
        (path / _OWNER).write_bytes(os.fsencode(home))
    return path


def remove_outside(home: Path) -> None:
    """Unless it is another user's, who had a home at this path."""
    path = outside_of(home)
    if os.path.lexists(path) and _is_ours(path):
        shutil.rmtree(path)


def remove_abandoned() -> None:
    """Those whose home is gone; what can't be deleted now is left to the next start."""
    for path in _PARENT.glob("trueback-*"):
        with contextlib.suppress(OSError):  # another start may be removing it
            if _is_ours(path) and _is_abandoned(path):
                shutil.rmtree(path)


def _is_abandoned(path: Path) -> bool:
    owner = path / _OWNER
    if not owner.exists():
        return False
    home = Path(os.fsdecode(owner.read_bytes()))
    return outside_of(home) == path and not home.exists() and not _is_used(path)


def _is_used(path: Path) -> bool:
    """By a server whose home was deleted under it; a number that is another's now counts, too."""
    try:
        first = (path / "postgres" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(first), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, IndexError):
        return False
    return True


def _is_ours(path: Path) -> bool:
    return not path.is_symlink() and path.lstat().st_uid == os.geteuid()
