from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from services.portal.models import User
from services.portal.operations.sign_in_links import create_link, put_user
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.runtime.command import UncheckedCommand
from shared.vocabulary.roles import CUSTOMERS, Role


class Command(UncheckedCommand):
    help = "Create, find or change a person and print a sign-in link that works once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--full-name", help="of a new person the name if not said")
        parser.add_argument(
            "--role",
            choices=[role.value for role in Role if role != Role.SERVICE],
            help="of a new person operator_admin if not said",
        )
        parser.add_argument("--customer", default="", help="for a customer's people: whose")

    def handle(self, *_args: Any, **options: Any) -> None:
        with as_ops():
            _put(**{name: options[name] for name in ("name", "full_name", "role", "customer")})
            token = create_link(name=options["name"], now=datetime.now(UTC))
        self.stdout.write(f"{settings.ENVIRONMENT.public_url}/sign-in/{token}")


def _put(*, name: str, full_name: str | None, role: str | None, customer: str) -> None:
    """Who is known keeps what is not said; a new person becomes an administrator."""
    known = User.objects.filter(name=name).first()
    person = known or User(name=name, full_name=name, role=Role.OPERATOR_ADMIN)
    role = role or person.role
    customer = customer or (person.customer if role in CUSTOMERS else "")
    if (role in CUSTOMERS) != bool(customer):
        raise BadConfiguration(
            f"{name} can't be {role} {f'of {customer}' if customer else 'of no customer'}.",
            remedy=f"Give --customer with --role {' or '.join(CUSTOMERS)}, and with no other.",
        )
    put_user(name=name, full_name=full_name or person.full_name, role=role, customer=customer)
