from typing import Any

from django.core.management.base import BaseCommand

from shared.isolation.scope import as_ops
from shared.messaging.consumer.receive import refused_messages
from shared.messaging.producer.dead_letters import dead_letters


class Command(BaseCommand):
    help = "List messages that a consumer could not handle, and those that were refused here."

    def handle(self, *_args: Any, **_options: Any) -> None:
        with as_ops():
            for message in dead_letters():
                self.stdout.write(
                    f"{message.message_id} {message.topic} to {message.dest}: {message.last_error}"
                )
            for failure in refused_messages():
                self.stdout.write(
                    f"{failure.message_id} {failure.topic} from {failure.source}: {failure.error}"
                )
