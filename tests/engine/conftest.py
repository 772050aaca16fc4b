"""Memory limits and spilling are for `make bench-attribution` and the services' own suites."""

from tests.duckdb_sessions import one_instance_of_duckdb

__all__ = ["one_instance_of_duckdb"]
