from tests.duckdb_sessions import one_instance_of_duckdb
from tests.service_stack import as_staff, django_db_setup, health_of_the_tables, use_service

__all__ = ["as_staff", "django_db_setup", "health_of_the_tables", "one_instance_of_duckdb"]

use_service("attribution", only={"postgres", "s3"})
