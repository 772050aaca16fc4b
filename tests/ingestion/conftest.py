"""Memory limits, the disk and every optimizer are for what asks for `instances_of_their_own`."""

from tests.duckdb_sessions import instances_of_their_own, one_instance_of_duckdb
from tests.service_stack import as_staff, django_db_setup, health_of_the_tables, use_service

use_service("ingestion", only={"postgres", "s3"})

from tests.ingestion.deliveries import source, storage, work  # noqa: E402 - models after Django

__all__ = [
    "as_staff",
    "django_db_setup",
    "health_of_the_tables",
    "instances_of_their_own",
    "one_instance_of_duckdb",
    "source",
    "storage",
    "work",
]
