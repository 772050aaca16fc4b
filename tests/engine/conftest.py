"""Memory limits and spilling are for `make bench-attribution` and the services' own suites."""

from tests.duckdb_sessions import one_instance_of_duckdb
from tests.work_folder import tmp_path

__all__ = ["one_instance_of_duckdb", "tmp_path"]
