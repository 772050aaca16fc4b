import copy

import pytest

from tests.service_stack import as_staff, django_db_setup, health_of_the_tables, use_service

__all__ = ["as_staff", "cast", "django_db_setup", "health_of_the_tables", "month"]

use_service("portal")


@pytest.fixture(autouse=True)
def nobody_is_known_to_be_silent():
    """What one test found not to answer is asked by the next all the same."""
    from services.portal.gateways import owner  # noqa: PLC0415 - needs settings

    owner.owner_target.cache_clear()
    owner.probe_target.cache_clear()


@pytest.fixture
def cast(db):
    from tests.portal.scenarios import put_cast  # noqa: PLC0415 - after settings are chosen

    _record_once(put_cast)


@pytest.fixture
def month(cast):
    from tests.portal.scenarios import record_month  # noqa: PLC0415

    _record_once(record_month)


_recorded = {}


def _record_once(record):
    """Hundreds of tests begin with the same rows: recorded as messages are, then put there again.

    A fact is looked for, locked and compared before it is kept, in 150 statements a month.
    """
    from shared.isolation.scope import as_ops  # noqa: PLC0415

    if record in _recorded:
        with as_ops():
            for model, rows in _recorded[record].items():
                model.objects.bulk_create(copy.copy(row) for row in rows)
        return
    before = _all_rows()
    record()
    _recorded[record] = {
        model: [row for row in rows if row not in before[model]]
        for model, rows in _all_rows().items()
        if rows
    }


def _all_rows():
    from django.apps import apps  # noqa: PLC0415

    from shared.isolation.scope import as_ops  # noqa: PLC0415

    with as_ops():
        return {
            model: list(model.objects.all()) for model in apps.get_app_config("portal").get_models()
        }
