from tests.service_stack import as_staff, django_db_setup, use_service

__all__ = ["as_staff", "django_db_setup"]

use_service("attribution", only={"postgres", "s3"})
