import pytest

from tests.service_stack import as_staff, django_db_setup, use_service

__all__ = ["as_staff", "cast", "django_db_setup", "month"]

use_service("portal")


@pytest.fixture
def cast(db):
    from tests.portal.scenarios import put_cast  # noqa: PLC0415 - after settings are chosen

    put_cast()


@pytest.fixture
def month(cast):
    from tests.portal.scenarios import record_month  # noqa: PLC0415

    record_month()
