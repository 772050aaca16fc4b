"""Each service runs from `shared/` and its own folder alone: that is also its image."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.servers import start_servers

ROOT = Path(__file__).resolve().parents[2]
# In one process, as to load a service takes longer than to check it.
CHECKS = """
import sys
from shared.runtime.main import manage
for command in (["check", "--fail-level", "WARNING"], ["check_rls"]):
    sys.argv[1:] = command
    manage("{service}")
"""
SERVICES = ("ingestion", "attribution", "invoicing", "portal")


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    home = tmp_path_factory.mktemp("servers")
    home.chmod(0o755)
    with start_servers(home, only={"postgres"}) as running:
        yield running
    running.home.reset()  # as root its PostgreSQL lies where `nobody` can reach it


@pytest.mark.parametrize("service", SERVICES)
def test_passes_check_migrate_and_the_audit_of_its_rights(service, servers, tmp_path):
    ignore = shutil.ignore_patterns("node_modules")
    shutil.copytree(ROOT / "shared", tmp_path / "shared", ignore=ignore)
    shutil.copytree(ROOT / "services" / service, tmp_path / "services" / service, ignore=ignore)
    shutil.copy(ROOT / "services" / "__init__.py", tmp_path / "services")
    environment = {"PATH": os.environ["PATH"], **servers.service_environment(service)}
    migrating = environment | servers.migrate_environment(service)
    for arguments, given in (
        (("-m", f"services.{service}.manage", "migrate"), migrating),
        (("-c", CHECKS.format(service=service)), environment),
    ):
        done = subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=tmp_path,
            env={**given, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
