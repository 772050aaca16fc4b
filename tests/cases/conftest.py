from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.duckdb_sessions import one_instance_of_duckdb
from tests.work_folder import work_folder

__all__ = ["one_instance_of_duckdb"]


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    with work_folder("test") as folder:
        yield folder
