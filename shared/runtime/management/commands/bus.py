from typing import Any

from django.core.management.base import BaseCommand

from shared.runtime.service import celery_app, schedule


class Command(BaseCommand):
    help = "Relay the outbox, take acknowledgements, call what is scheduled."

    def handle(self, *_args: Any, **_options: Any) -> None:
        from shared.messaging.processes import run_bus  # noqa: PLC0415 - apps must be ready

        run_bus(celery_app(), schedule())
