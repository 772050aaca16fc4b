"""Servers are shared by the tests that only look; those that stop or break one start their own."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.servers import Servers, start_servers


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def servers(home: Path) -> Iterator[Servers]:
    with start_servers(home) as running:
        yield running
    running.home.reset()  # as root its PostgreSQL lies where `nobody` can reach it


@pytest.fixture
def ordinary_user() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    return pwd.getpwnam("nobody")
