from django.core.management.base import BaseCommand


class UncheckedCommand(BaseCommand):
    """Leaves Django's checks of the code to `migrate` and `web`, which run before it or beside it.

    They import all that serves HTTP, which is a quarter of what the start of a job takes.
    """

    requires_system_checks = ()
