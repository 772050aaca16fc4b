from typing import Any

from django.conf import settings
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections

from shared.auth.subjects import read_subject_keys
from shared.faults import BadConfiguration
from shared.isolation.roles import become_owner
from shared.isolation.subjects import put_subject_keys
from shared.runtime.environment import MIGRATION_LIMITS, django_database


class Command(DjangoMigrate):
    """Django's migrate as the owner role, the only one that may change the schema.

    The keys that subjects are checked with are put there too, so that a rotation is a migration.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        environment = settings.ENVIRONMENT
        if environment.subject_keys_file is None:
            raise BadConfiguration(
                "the keys that customers' subjects are checked with are not given.",
                field="TRUEBACK_SUBJECT_KEYS_FILE",
                remedy="Give migrate the same file as the portal.",
            )
        keys = read_subject_keys(environment.subject_keys_file)
        connection = connections[options["database"]]
        if environment.database_owner_url is not None:
            connection.close()
            connection.settings_dict |= django_database(
                environment.database_owner_url, MIGRATION_LIMITS
            )
        become_owner(connection)
        super().handle(*args, **options)
        put_subject_keys(connection, keys)
