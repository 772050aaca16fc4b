"""Every optimizer is for tests/sample_company, by the command and in each format."""

from tests.duckdb_sessions import instances_of_their_own, one_instance_of_duckdb

__all__ = ["instances_of_their_own", "one_instance_of_duckdb"]
