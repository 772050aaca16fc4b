from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from shared.edge.limits import limits_here
from shared.edge.server import EdgeServer


class Command(BaseCommand):
    help = "Serve HTTP."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--threads", type=int, default=4)

    def handle(self, *_args: Any, **options: Any) -> None:
        EdgeServer(
            import_string(str(settings.WSGI_APPLICATION)),
            host=options["host"],
            port=options["port"],
            threads=options["threads"],
            limits=limits_here(),
            # A control of the overload drill.
            has_probe_threads=lambda: not settings.ENVIRONMENT.injects("probe_threads_off"),
        ).run()
