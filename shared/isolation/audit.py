"""Does the database itself keep tenants apart? Read from the catalogue, not from our intentions."""

import re
from typing import Final

from django.db import connection

from shared.isolation.roles import ROLES, login_name, role_name

UNSCOPED_TABLES: Final = frozenset({"django_migrations"})
_OWNERS_ALONE: Final = frozenset({"subject_key"})

_TABLES: Final = """
    select c.relname, c.relrowsecurity, c.relforcerowsecurity,
        has_table_privilege(%(app)s, c.oid, 'SELECT')
            or has_table_privilege(%(app)s, c.oid, 'INSERT')
            or has_table_privilege(%(app)s, c.oid, 'UPDATE')
            or has_table_privilege(%(app)s, c.oid, 'DELETE'),
        has_table_privilege(%(ops)s, c.oid, 'SELECT, INSERT'),
        exists (select from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
            and a.attname in ('customer_id', 'tenant_id')),
        (select string_agg(p.polname || ':' || pg_get_expr(p.polqual, p.polrelid), ';'
            order by p.polname) from pg_policy p where p.polrelid = c.oid)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') order by c.relname
"""

# As PostgreSQL prints it: (customer_id = ( SELECT subject('customer'::text) AS subject))
_POLICY: Final = re.compile(
    r"subject_rows:\(\(?(customer_id|tenant_id)\)?(::text)? = \( SELECT subject\('customer'::text\)"
)
_REACHABLE: Final = """
    select login.rolname, role.rolname from pg_roles login cross join pg_roles role
    where login.rolname = any(%s) and role.rolname <> login.rolname
        and pg_has_role(login.oid, role.oid, 'MEMBER')
"""


def isolation_faults(*, insert_only: frozenset[str]) -> list[str]:
    """One sentence per table, view or role that could show a row to the wrong subject.

    `insert_only` names the operator's tables that `app` may write to but never read (the outbox).
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES, {"app": role_name("app"), "ops": role_name("ops")})
        tables = cursor.fetchall()
        cursor.execute(
            "select relname from pg_class c join pg_namespace n on n.oid = relnamespace where"
            " nspname = 'public' and (relkind = 'm' or (relkind = 'v' and not coalesce("
            "array_to_string(reloptions, ',') like '%%security_invoker=true%%', false)))"
        )
        views = [f"{name}: a view that does not run as its reader" for (name,) in cursor.fetchall()]
        cursor.execute(
            "select rolname from pg_roles where (rolsuper or rolbypassrls) and rolname in"
            " (session_user, %s, %s, %s)",
            [role_name("app"), role_name("ops"), role_name("owner")],
        )
        roles = [f"{name}: a role that row security does not bind" for (name,) in cursor.fetchall()]
    return [*_table_faults(tables, insert_only), *views, *roles, *_login_faults()]


def _login_faults() -> list[str]:
    """A login reaches the role that it is for and no other, and so can't become it."""
    own = {login_name(role): {role_name(role)} for role in ROLES}
    # Whoever is a database's owner is a member of this one, by PostgreSQL itself.
    own[login_name("owner")].add("pg_database_owner")
    with connection.cursor() as cursor:
        cursor.execute(_REACHABLE, [list(own)])
        reachable = cursor.fetchall()
    return [
        f"{login}: a login that can become {role}"
        for login, role in reachable
        if role not in own[login]
    ]


def _table_faults(
    tables: list[tuple[str, bool, bool, bool, bool, bool, str | None]], insert_only: frozenset[str]
) -> list[str]:
    faults = []
    for name, enabled, forced, app_may, ops_may, has_subject, policies in tables:
        if name in UNSCOPED_TABLES:
            continue
        if name in _OWNERS_ALONE:
            if app_may or ops_may:
                faults.append(f"{name}: others than its owner may read or write it")
            continue
        if not (app_may or ops_may):
            faults.append(f"{name}: no right was granted; use scoped_rows or staff_only")
        if app_may and name not in insert_only and not (enabled and forced):
            faults.append(f"{name}: app reads it without forced row-level security")
        if enabled and not _POLICY.search(policies or ""):
            faults.append(f"{name}: its policy is not the plain comparison with the proven subject")
        if has_subject and app_may and not enabled:
            faults.append(f"{name}: has a subject column but no row-level security")
    return faults
