"""What a service declares about itself, found by its name: `services.<service>.<module>`."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from django.conf import settings

from shared.jobs.lanes import Lane
from shared.jobs.work import JobHandler

if TYPE_CHECKING:
    from celery import Celery


def celery_app() -> "Celery":
    """The application of `config/celery.py`, with the handlers of `handlers.py` registered."""
    app: Celery = import_module(f"services.{settings.SERVICE_NAME}.config.celery").app
    return app


def schedule() -> Mapping[str, Callable[[], None]]:
    """`SCHEDULE` of `handlers.py`: what the beat calls, by name, every `beat_seconds`."""
    declared: Mapping[str, Callable[[], None]] = import_module(
        f"services.{settings.SERVICE_NAME}.handlers"
    ).SCHEDULE
    return declared


def fact_handlers() -> Mapping[str, Callable[[Any], None]]:
    """`HANDLERS` of `handlers.py`: the operation of each fact that the service takes."""
    declared: Mapping[str, Callable[[Any], None]] = import_module(
        f"services.{settings.SERVICE_NAME}.handlers"
    ).HANDLERS
    return declared


def job_kinds() -> Mapping[str, JobHandler]:
    """`JOBS` of `handlers.py`: the operation of each kind of job."""
    declared: Mapping[str, JobHandler] = import_module(
        f"services.{settings.SERVICE_NAME}.handlers"
    ).JOBS
    return declared


def job_lanes() -> Sequence[Lane]:
    """`LANES` of `job_lanes.py`, which loads nothing: a runner does no job itself."""
    declared: Sequence[Lane] = import_module(f"services.{settings.SERVICE_NAME}.job_lanes").LANES
    return declared


def insert_only_tables() -> frozenset[str]:
    """Tables that a customer's transaction may write a row to, and never read."""
    return frozenset({f"{settings.SERVICE_NAME}_outbox"})
