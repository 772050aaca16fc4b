from typing import Any

from shared.runtime.command import UncheckedCommand
from shared.runtime.service import celery_app


class Command(UncheckedCommand):
    help = "Handle the facts that other services send."

    def handle(self, *_args: Any, **_options: Any) -> None:
        from shared.messaging.processes import run_worker  # noqa: PLC0415 - apps must be ready

        run_worker(celery_app())
