"""Rows that the database itself keeps as they are, declared in a model's `Meta.triggers`."""

from functools import reduce
from operator import or_
from typing import Any

import pgtrigger
from django.db.models import Model
from pgtrigger import compiler


class AlwaysFires(compiler.UpsertTriggerSql):
    """Without pgtrigger's switch: any session could set `pgtrigger.ignore` and change the row."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS TRIGGER LANGUAGE plpgsql AS $$
            BEGIN
                {func}
            END $$;
            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE TRIGGER {pgid} {when} {operation} ON {table}
                FOR EACH {level} {condition} EXECUTE FUNCTION {execute};
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Refusal(pgtrigger.Trigger):
    """Raises the error of a violated constraint, so that Django makes it an IntegrityError."""

    when = pgtrigger.Before
    func = pgtrigger.Func(  # type: ignore[no-untyped-call]  # left untyped by pgtrigger
        "RAISE EXCEPTION '{meta.db_table} rows of this state are never changed or deleted'"
        " USING ERRCODE = 'restrict_violation';"
    )

    def compile(self, model: Model) -> compiler.Trigger:
        sql = super().compile(model).sql
        return compiler.Trigger(name=self.name, sql=AlwaysFires(**sql.kwargs))


def append_only() -> Refusal:
    """Rows are written once: an update or a delete is an error, for every role."""
    return Refusal(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


def frozen_when(condition: pgtrigger.Q, *fields: str) -> list[pgtrigger.Trigger]:
    """Once `condition` (over `old__`) holds, these fields never change; nor is the row deleted."""
    changes: Any = [pgtrigger.Q(**{f"old__{f}__df": pgtrigger.F(f"new__{f}")}) for f in fields]
    return [
        Refusal(
            name="frozen",
            operation=pgtrigger.Update,
            condition=condition & reduce(or_, changes),
        ),
        Refusal(name="frozen_delete", operation=pgtrigger.Delete, condition=condition),
    ]
