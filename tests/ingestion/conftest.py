from tests.service_stack import as_staff, django_db_setup, health_of_the_tables, use_service

use_service("ingestion", only={"postgres", "s3"})

from tests.ingestion.deliveries import source, storage, work  # noqa: E402 - models after Django

__all__ = ["as_staff", "django_db_setup", "health_of_the_tables", "source", "storage", "work"]
