"""Database roles of a service: owner (schema), app (bound to one customer), ops (staff and jobs).

Each has a login of its own, which reaches that role by SET ROLE and no other, and inherits nothing:
a statement outside a scope has no rights at all.
"""

from typing import Final, Literal, get_args

from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

Role = Literal["owner", "app", "ops"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)


def role_name(role: Role) -> str:
    return f"{settings.SERVICE_NAME}_{role}"


def login_name(role: Role) -> str:
    """Who signs in at the database to become that role."""
    return f"{role_name(role)}_login"


def become_owner(connection: BaseDatabaseWrapper) -> None:
    """For the life of this connection; only migrations call this."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {connection.ops.quote_name(role_name('owner'))}")
