from typing import Any

from shared.jobs.runner import Runner
from shared.runtime.command import UncheckedCommand


class Command(UncheckedCommand):
    help = "Run the jobs of this service, each in a child process of its own."

    def handle(self, *_args: Any, **_options: Any) -> None:
        Runner().run_forever()
