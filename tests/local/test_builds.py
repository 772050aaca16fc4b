"""What is built once and only again when something has changed: pages and databases."""

import json
from pathlib import Path

import pytest

from deploy.local.assets import build_assets
from deploy.local.migrations import is_migrated, migration_digest, note_migrated
from deploy.local.servers import Servers
from shared.faults import Fault

BUILD = """
import { mkdirSync, writeFileSync } from "node:fs"
mkdirSync("../static/build", { recursive: true })
writeFileSync("../static/build/app.css", "body {}")
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    frontend = tmp_path / "services" / "portal" / "frontend"
    frontend.mkdir(parents=True)
    (tmp_path / "services/portal/templates").mkdir()
    package = {"name": "tiny", "version": "1.0.0", "scripts": {"build": "node build.mjs"}}
    (frontend / "package.json").write_text(json.dumps(package))
    lock = {"name": "tiny", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": package}}
    (frontend / "package-lock.json").write_text(json.dumps(lock))
    (frontend / "build.mjs").write_text(BUILD)
    return tmp_path


class TestAssets:
    def test_are_built_once_and_again_when_a_template_changes(self, root: Path) -> None:
        assert build_assets(root)
        assert (root / "services/portal/static/build/app.css").exists()
        assert not build_assets(root)
        (root / "services/portal/templates/page.html").write_text("<p class='mt-2'>")
        assert build_assets(root)
        assert not build_assets(root)

    def test_that_fail_to_build_say_why_and_are_tried_again(self, root: Path) -> None:
        script = root / "services/portal/frontend/build.mjs"
        script.write_text("throw new Error('no such icon')")
        for _ in range(2):
            with pytest.raises(Fault, match="no such icon"):
                build_assets(root)
        script.write_text(BUILD)
        assert build_assets(root)

    def test_are_no_matter_where_there_is_no_front_end(self, tmp_path: Path) -> None:
        assert not build_assets(tmp_path)


class TestMigrations:
    def test_are_noted_in_the_database_they_are_in(self, servers: Servers) -> None:
        assert not is_migrated(servers, "portal", "d1")
        note_migrated(servers, "portal", "d1")
        assert is_migrated(servers, "portal", "d1")
        assert not is_migrated(servers, "portal", "d2")
        assert not is_migrated(servers, "invoicing", "d1")

    def test_count_as_changed_with_the_shared_code_they_are_made_of(self, tmp_path: Path) -> None:
        migrations = tmp_path / "services/portal/migrations"
        shared = tmp_path / "shared/isolation"
        migrations.mkdir(parents=True)
        shared.mkdir(parents=True)
        (migrations / "0001_initial.py").write_text("one")
        (shared / "policies.py").write_text("one")
        digests = [migration_digest(tmp_path, "portal")]
        (shared / "policies.py").write_text("two")
        digests.append(migration_digest(tmp_path, "portal"))
        (migrations / "0002_more.py").write_text("one")
        digests.append(migration_digest(tmp_path, "portal"))
        assert len(set(digests)) == 3
        assert migration_digest(tmp_path, "portal") == digests[-1]
