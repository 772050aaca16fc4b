from typing import Any

from shared.jobs.runner import Runner
from shared.runtime.command import UncheckedCommand
from shared.runtime.service import job_lanes


class Command(UncheckedCommand):
    help = "Run the jobs of this service, each in a child process of its own."

    def handle(self, *_args: Any, **_options: Any) -> None:
        Runner(job_lanes()).run_forever()
