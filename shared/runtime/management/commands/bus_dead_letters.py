from typing import Any

from django.core.management.base import BaseCommand

from shared.isolation.scope import as_ops
from shared.messaging.producer.dead_letters import dead_letters


class Command(BaseCommand):
    help = "List messages that nobody could handle, with their last error."

    def handle(self, *_args: Any, **_options: Any) -> None:
        with as_ops():
            for message in dead_letters():
                self.stdout.write(
                    f"{message.message_id} {message.topic} to {message.dest}: {message.last_error}"
                )
