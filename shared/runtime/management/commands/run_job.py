from typing import Any

from django.core.management.base import CommandParser

from shared.jobs.work import work
from shared.runtime.command import UncheckedCommand
from shared.runtime.service import job_kinds


class Command(UncheckedCommand):
    help = "Do one job that the runner has leased; not for people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_id")
        parser.add_argument("lease")

    def handle(self, *_args: Any, **options: Any) -> None:
        work(options["job_id"], options["lease"], job_kinds())
