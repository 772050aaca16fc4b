"""Migration operations for rights, row-level security and composite keys.

Every table needs one of `scoped_rows` or `staff_only`: `check_rls` fails on a table without, and on
scoped rows without `rows_of_proven_subject` (see `subjects`).
`append_only` and `frozen_when` stay for the migrations that were made with them; a model declares
its triggers now (see `triggers`).
"""

from collections.abc import Sequence

from django.db.migrations import RunSQL

from shared.isolation.roles import role_name
from shared.isolation.scope import SUBJECT_SETTING


def _quoted(*names: str) -> str:
    return ", ".join('"' + name.replace('"', '""') + '"' for name in names)


def scoped_rows(
    table: str, *, column: str, app: str = "SELECT, INSERT, UPDATE", ops: str | None = None
) -> RunSQL:
    """Rows belong to one subject: `app` sees those of its scope, `ops` has a policy of its own.

    The policy is a plain equality (an OR or a CASE would stop the index) and fails closed: the
    setting is '' after the first transaction that set it, so '' counts as unset.
    """
    name, key = _quoted(table), _quoted(column)
    app_role, ops_role = _quoted(role_name("app")), _quoted(role_name("ops"))
    subject = f"{key} = nullif(current_setting('{SUBJECT_SETTING}', true), '')"
    return RunSQL(
        f"""
        ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {name} FORCE ROW LEVEL SECURITY;
        CREATE POLICY subject_rows ON {name} TO {app_role} USING ({subject}) WITH CHECK ({subject});
        CREATE POLICY staff_rows ON {name} TO {ops_role} USING (true) WITH CHECK (true);
        GRANT {app} ON {name} TO {app_role};
        GRANT {ops or app} ON {name} TO {ops_role};
        """,
        f"""
        REVOKE ALL ON {name} FROM {app_role}, {ops_role};
        DROP POLICY subject_rows ON {name};
        DROP POLICY staff_rows ON {name};
        ALTER TABLE {name} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {name} DISABLE ROW LEVEL SECURITY;
        """,
    )


def staff_only(
    *tables: str, ops: str = "SELECT, INSERT, UPDATE, DELETE", app: str | None = None
) -> RunSQL:
    """The operator's own tables: no right at all for `app`, or the few named (no customer data)."""
    names = _quoted(*tables)
    app_role, ops_role = _quoted(role_name("app")), _quoted(role_name("ops"))
    grant_app = f"GRANT {app} ON {names} TO {app_role};" if app else ""
    return RunSQL(
        f"GRANT {ops} ON {names} TO {ops_role}; {grant_app}",
        f"REVOKE ALL ON {names} FROM {app_role}, {ops_role};",
    )


def sequences() -> RunSQL:
    """The right to take numbers from the sequences that exist so far."""
    app_role, ops_role = _quoted(role_name("app")), _quoted(role_name("ops"))
    return RunSQL(
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {app_role}, {ops_role};",
        RunSQL.noop,
    )


def composite_key(
    table: str, columns: Sequence[str], parent: str, parent_columns: Sequence[str]
) -> RunSQL:
    """A child can only point to a parent of the same subject (integrity checks bypass RLS)."""
    constraint = _quoted(f"{table}_same_subject"[:63])
    return RunSQL(
        f"ALTER TABLE {_quoted(table)} ADD CONSTRAINT {constraint} FOREIGN KEY"
        f" ({_quoted(*columns)}) REFERENCES {_quoted(parent)} ({_quoted(*parent_columns)})"
        " DEFERRABLE INITIALLY DEFERRED;",
        f"ALTER TABLE {_quoted(table)} DROP CONSTRAINT {constraint};",
    )


def append_only(table: str) -> RunSQL:
    """Rows are written once: an update or a delete is an error, for every role."""
    return _refuse(table, trigger="append_only", events="UPDATE OR DELETE", condition="true")


def frozen_when(table: str, condition: str, columns: Sequence[str]) -> RunSQL:
    """Once `condition` (SQL over OLD) holds, the named columns never change; nor is it deleted."""
    changed = " OR ".join(f"OLD.{_quoted(c)} IS DISTINCT FROM NEW.{_quoted(c)}" for c in columns)
    first, back = _trigger(
        table, "frozen", "UPDATE", f"({condition}) AND ({changed})" if columns else condition
    )
    second, second_back = _trigger(table, "frozen_delete", "DELETE", condition)
    return RunSQL(first + second, second_back + back)


def _refuse(table: str, *, trigger: str, events: str, condition: str) -> RunSQL:
    return RunSQL(*_trigger(table, trigger, events, condition))


def _trigger(table: str, trigger: str, events: str, condition: str) -> tuple[str, str]:
    function = _quoted(f"{table}_{trigger}"[:63])
    forward = f"""
        CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{table} rows of this state are never changed or deleted'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER {_quoted(trigger)} BEFORE {events} ON {_quoted(table)}
            FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION {function}();
        """
    backward = f"""
        DROP TRIGGER {_quoted(trigger)} ON {_quoted(table)};
        DROP FUNCTION {function}();
        """
    return forward, backward
