from collections.abc import Iterator

import pytest

from tests.duckdb_sessions import shared_instance


@pytest.fixture(scope="session", autouse=True)
def one_instance_of_duckdb() -> Iterator[None]:
    """Memory limits and spilling are for `make bench-attribution`, which has real sessions."""
    with shared_instance():
        yield
