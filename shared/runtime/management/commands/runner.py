from typing import Any

from django.core.management.base import BaseCommand

from shared.jobs.runner import Runner


class Command(BaseCommand):
    help = "Run the jobs of this service, each in a child process of its own."

    def handle(self, *_args: Any, **_options: Any) -> None:
        Runner().run_forever()
