"""The engine's fingerprint: whatever decides what comes out is in it, wherever it lies."""

from pathlib import Path

import pytest

from services.attribution.engine import version

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "services/attribution/engine"


@pytest.fixture
def fresh():
    version.engine_digest.cache_clear()
    yield
    version.engine_digest.cache_clear()


def test_every_module_and_script_of_the_engine_is_in_the_fingerprint():
    below = {
        f"services.attribution.engine/{path.relative_to(ENGINE)}"
        for ending in ("py", "sql")
        for path in ENGINE.rglob(f"*.{ending}")
    }
    assert any(name.count("/") > 1 for name in below)
    assert below <= {name for name, _ in version.engine_files()}


def test_what_splits_and_reads_is_in_it_too():
    names = {name for name, _ in version.engine_files()}
    assert "services.attribution.domain/claims.py" in names
    assert {"shared/money.py", "shared/configuration/drivers/signal.py"} <= names


@pytest.mark.usefixtures("fresh")
def test_a_changed_script_in_a_room_is_another_engine(tmp_path, monkeypatch):
    before = version.engine_digest()
    files = list(version.engine_files())
    at = next(at for at, (name, _) in enumerate(files) if name.endswith("pools/cells.sql"))
    changed = tmp_path / "cells.sql"
    changed.write_text(files[at][1].read_text(encoding="utf-8") + "\n")
    files[at] = (files[at][0], changed)
    monkeypatch.setattr(version, "engine_files", lambda: iter(files))
    version.engine_digest.cache_clear()
    assert version.engine_digest() != before
