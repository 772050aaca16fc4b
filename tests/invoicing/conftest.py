from tests.service_stack import as_staff, django_db_setup, health_of_the_tables, use_service

__all__ = ["as_staff", "django_db_setup", "health_of_the_tables"]

use_service("invoicing", only={"postgres", "valkey"})
