from typing import Any

from shared.runtime.command import UncheckedCommand
from shared.runtime.service import celery_app, schedule


class Command(UncheckedCommand):
    help = "Relay the outbox, take acknowledgements, call what is scheduled."

    def handle(self, *_args: Any, **_options: Any) -> None:
        from shared.messaging.processes import run_bus  # noqa: PLC0415 - apps must be ready

        run_bus(celery_app(), schedule())
