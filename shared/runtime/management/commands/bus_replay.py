from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shared.isolation.scope import as_ops
from shared.messaging.producer.dead_letters import replay


class Command(BaseCommand):
    help = "Send messages again: a dead letter, all dead ones of a topic, or all to a service."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", default="", help="one message")
        parser.add_argument("--topic", default="", help="the dead letters of a topic")
        parser.add_argument("--dest", default="", help="all to this service; with --since")
        parser.add_argument("--since", type=datetime.fromisoformat, help="2026-11-03T06:00:00Z")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            with as_ops():
                count = replay(
                    message_id=options["id"],
                    topic=options["topic"],
                    dest=options["dest"],
                    since=options["since"],
                )
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{count} messages are sent again")
