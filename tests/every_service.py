"""What must hold in each service; every suite imports it and runs it on its own database."""

from django.db import connection

from shared.isolation.audit import isolation_faults
from shared.isolation.roles import become_owner
from shared.runtime.service import insert_only_tables


def switch_off(table: str) -> None:
    """The negative control of the isolation tests: this must make them fail."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        become_owner(connection)
        cursor.execute(f"ALTER TABLE {connection.ops.quote_name(table)} DISABLE ROW LEVEL SECURITY")
        cursor.execute("RESET ROLE")


class TestIsolationOfTheDatabase:
    def test_no_table_view_or_role_shows_rows_to_the_wrong_subject(self, as_staff):
        assert isolation_faults(insert_only=insert_only_tables()) == []

    def test_the_audit_finds_a_table_whose_row_security_is_off(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "select relname from pg_class where relrowsecurity order by relname limit 1"
            )
            found = cursor.fetchone()
        if found is None:
            return
        switch_off(found[0])
        faults = isolation_faults(insert_only=insert_only_tables())
        assert [fault for fault in faults if fault.startswith(found[0])]

    def test_the_login_has_no_rights_of_its_own(self, db):
        with connection.cursor() as cursor:
            cursor.execute(
                "select rolsuper, rolbypassrls, rolinherit from pg_roles"
                " where rolname = current_user"
            )
            assert cursor.fetchone() == (False, False, False)
