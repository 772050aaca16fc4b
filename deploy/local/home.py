"""The folder that holds all state of one embedded stack (TRUEBACK_HOME, else ./var)."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.outside import make_outside, outside_of, remove_abandoned, remove_outside
from shared.faults import BadConfiguration
from shared.vocabulary.modes import Mode

# Everything the stack ever writes below its home; `reset` deletes these and nothing else.
_FOLDERS: Final = ("secrets", "data", "log", "run", "scratch")
_FILES: Final = ("mode", "ports.json", "business-date.json")


@dataclass(frozen=True)
class Home:
    path: Path

    @property
    def secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @property
    def scratch(self) -> Path:
        return self.path / "scratch"

    @property
    def ports_file(self) -> Path:
        return self.path / "ports.json"

    @property
    def business_date_file(self) -> Path:
        return self.path / "business-date.json"

    @property
    def mode_file(self) -> Path:
        return self.path / "mode"

    @property
    def mode(self) -> Mode | None:
        """What the state in it is of; None before the first start.

        Until release 0.2 it was not written down, and every stack was a demo.
        """
        if self.mode_file.exists():
            return self._read_mode()
        has_state = self.secrets.exists() and any(self.secrets.iterdir())
        return Mode.DEMO if has_state else None

    @property
    def outside(self) -> Path:
        """Where data goes that an unprivileged user must reach and can't below `path`."""
        return outside_of(self.path)

    def make_outside(self) -> Path:
        return make_outside(self.path, is_live=self.mode == Mode.LIVE)

    def create(self) -> None:
        """Folders that exist already keep the permissions they have."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not self.data.exists():
            # Left of a home that was deleted as a whole; what opens it was deleted with it.
            remove_outside(self.path)
        remove_abandoned()
        for folder in _FOLDERS:
            mode = 0o711 if folder == "data" else 0o700
            (self.path / folder).mkdir(mode=mode, exist_ok=True)

    def keep_mode(self, mode: Mode) -> None:
        """Remember what the folder is for; raises as `require_mode`. Before its first secret."""
        self.require_mode(mode)
        unfinished = self.path / "mode.unfinished"
        unfinished.write_text(f"{mode}\n")
        unfinished.replace(self.mode_file)

    def require_mode(self, mode: Mode) -> None:
        """Raises BadConfiguration where the folder holds the state of another mode."""
        kept = self.mode
        if kept is None or kept == mode:
            return
        # Only a live stack has what can't be made again: nothing but `up` itself deletes it.
        reset = "" if kept == Mode.LIVE else f", or delete the {kept} in this one with --reset"
        raise BadConfiguration(
            f"the folder holds a {kept} stack, and this would start a {mode} one.",
            file=str(self.path),
            remedy=f"Set TRUEBACK_HOME to another folder{reset}.",
        )

    def reset(self) -> None:
        """Delete what the stack made; files of others in the same folder stay."""
        for folder in _FOLDERS:
            _remove_folder(self.path / folder)
        for name in _FILES:
            (self.path / name).unlink(missing_ok=True)
        remove_outside(self.path)

    def _read_mode(self) -> Mode:
        text = self.mode_file.read_text().strip()
        if text not in set(Mode):
            raise BadConfiguration(
                f"{text!r} is no mode; it is one of {', '.join(Mode)}.",
                file=str(self.mode_file),
                remedy="Write the one that `trueback up` (live) or `trueback demo` (demo) needs.",
            )
        return Mode(text)


def find_home() -> Home:
    return Home(Path(os.environ.get("TRUEBACK_HOME") or "var").resolve())


def _remove_folder(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
