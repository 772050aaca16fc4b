from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shared.isolation.audit import isolation_faults
from shared.runtime.service import insert_only_tables


class Command(BaseCommand):
    help = "Ask the database whether it keeps tenants apart; fails where it does not."

    def handle(self, *_args: Any, **_options: Any) -> None:
        faults = isolation_faults(insert_only=insert_only_tables())
        if faults:
            raise CommandError("\n".join(faults))
        self.stdout.write("every table has its rights and row-level security")
