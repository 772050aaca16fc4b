from typing import Any

from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from shared.isolation.roles import become_owner


class Command(DjangoMigrate):
    """Django's migrate as the owner role, the only one that may change the schema."""

    def handle(self, *args: Any, **options: Any) -> None:
        become_owner(connections[options["database"]])
        super().handle(*args, **options)
