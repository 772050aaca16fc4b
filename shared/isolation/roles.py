"""Database roles of a service: owner (schema), app (bound to one customer), ops (staff and jobs).

One login without inherited rights reaches all three by SET ROLE, so that a statement outside a
scope has no rights at all.
"""

from typing import Literal

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

Role = Literal["owner", "app", "ops"]


def role_name(role: Role) -> str:
    return f"{settings.SERVICE_NAME}_{role}"


def become_owner(connection: BaseDatabaseWrapper) -> None:
    """For the life of this connection; only migrations call this."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {connection.ops.quote_name(role_name('owner'))}")
