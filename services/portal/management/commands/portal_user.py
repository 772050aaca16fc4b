from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from services.portal.operations.sign_in_links import create_link, put_user
from shared.isolation.scope import as_ops
from shared.runtime.command import UncheckedCommand
from shared.vocabulary.roles import Role


class Command(UncheckedCommand):
    help = "Create or change a person and print a sign-in link that works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--full-name", required=True)
        parser.add_argument("--role", choices=[*Role], required=True)
        parser.add_argument("--customer", default="", help="for a customer's people: whose")

    def handle(self, *_args: Any, **options: Any) -> None:
        with as_ops():
            put_user(
                name=options["name"],
                full_name=options["full_name"],
                role=options["role"],
                customer=options["customer"],
            )
            token = create_link(name=options["name"], now=datetime.now(UTC))
        self.stdout.write(f"{settings.ENVIRONMENT.public_url}/sign-in/{token}")
