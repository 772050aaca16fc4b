"""A label's sources as expressions: the first that has a value counts, and which one it was."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.attribution.engine.bill_columns import of_tasks, tag, trimmed
from shared.configuration import principals
from shared.configuration.principals import PrincipalPattern
from shared.sql.expressions import (
    EMPTY,
    Sql,
    call,
    case,
    identifier,
    infix,
    json_text,
    literal,
    null_if_empty,
    number,
    or_empty,
)

_POD_COLUMNS: Final = {
    "k8s.label": {"labels": ""},
    "k8s.annotation": {"annotations": ""},
    "k8s.namespace-label": {"namespace_labels": ""},
    "k8s.namespace-annotation": {"namespace_annotations": ""},
    "ecs.tag": {
        "tags": "",
        "service_tags": "service",
        "capacity_provider_tags": "capacity provider",
        "cluster_tags": "cluster",
    },
}
"""By kind of source, the columns of workloads that may have its value, and what each is of."""
_KIND_OF: Final = {"k8s.label": "pod", "ecs.tag": "task"}


class SourceValue(NamedTuple):
    """Where a source may have its value from."""

    place: int
    """Of the source in its list."""
    sql: Sql
    """The value, '' for none."""
    origin: str = ""
    """What the value is of, if not of the line, pod or task itself."""


def pod_column(source: str) -> str | None:
    """The column of workloads that a source needs; None for one that pods don't have."""
    return next(iter(_POD_COLUMNS.get(source.split(":", 1)[0], ())), None)


def line_values(sources: Sequence[str], *, sanitised: bool) -> Iterator[SourceValue]:
    """Of the sources that a bill alone can answer."""
    for at, source in enumerate(sources):
        kind, key = source.split(":", 1)
        value = trimmed(tag(key, sanitised=sanitised))
        if kind == "tag":
            yield SourceValue(at, value)
        elif kind == "ecs.tag":
            yield SourceValue(at, of_tasks(value))
        elif kind == principals.SOURCE:
            yield SourceValue(at, trimmed(_of_principal(principals.principal_pattern(key))))


def _of_principal(pattern: PrincipalPattern) -> Sql:
    """What the pattern's `*` stands for, '' where the principal is another or has no such part."""
    named = f"{re.escape(pattern.before)}([^/]+){re.escape(pattern.after)}"
    if pattern.part == "identifier":
        named = f"^{re.escape(pattern.before)}(.+){re.escape(pattern.after)}$"
        return or_empty(_extracted("x_UserIdentifier", named))
    arns = {
        "role": (f"sts::[^:]*:assumed-role/{named}/[^/]+", f"iam::[^:]*:role/(?:[^/]+/)*{named}"),
        "session": (f"sts::[^:]*:assumed-role/[^/]+/{named}",),
        "user": (f"iam::[^:]*:user/(?:[^/]+/)*{named}",),
    }
    return or_empty(
        *(
            null_if_empty(_extracted("x_IamPrincipal", f"^arn:[^:]*:{arn}$"))
            for arn in arns[pattern.part]
        )
    )


def _extracted(column: str, pattern: str) -> Sql:
    return call("regexp_extract", identifier(column), literal(pattern), number(1))


def pod_values(sources: Sequence[str]) -> Iterator[SourceValue]:
    """In the order in which they are asked: an ECS tag of the task first, of its cluster last."""
    for at, source in enumerate(sources):
        kind, key = source.split(":", 1)
        for column, origin in _POD_COLUMNS.get(kind, {}).items():
            yield SourceValue(at, json_entry(column, key), origin)


def split_row_values(sources: Sequence[str]) -> Iterator[SourceValue]:
    """Of AWS's split cost rows, which have pods' labels and tasks' tags among their tags."""
    for at, source in enumerate(sources):
        kind, key = source.split(":", 1)
        value = trimmed(tag(key, sanitised=True))
        if kind == "tag":
            yield SourceValue(at, value)
        elif kind in _KIND_OF:
            of_kind = infix(identifier("kind"), "=", literal(_KIND_OF[kind]))
            yield SourceValue(at, case([(of_kind, value)], EMPTY))


def json_entry(column: str, key: str) -> Sql:
    """By JSON pointer (RFC 6901), which takes any key."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return trimmed(or_empty(json_text(column, pointer)))


def first_value(values: Sequence[SourceValue]) -> Sql:
    return or_empty(*(null_if_empty(value.sql) for value in values))


def first_place(values: Sequence[SourceValue]) -> Sql:
    """The place of the source that `first_value` answers by; -1 for none."""
    return first_number([(value.place, value.sql) for value in values])


def first_number(numbered: Sequence[tuple[int, Sql]]) -> Sql:
    """The number of the first that is not ''; -1 for none."""
    branches = [(infix(sql, "<>", EMPTY), number(at)) for at, sql in numbered]
    return case(branches, number(-1))
