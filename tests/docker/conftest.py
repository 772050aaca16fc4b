from pathlib import Path

import pytest
import yaml

from deploy.docker.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def compose():
    """With its anchors and merges resolved, as Compose sees it."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="session")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared") / "compose"
    prepare(folder)
    return folder
