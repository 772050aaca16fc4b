"""A label's sources as SQL: the first that has a value counts, and which one it was."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from shared.columnar import literal

BLANKS = " \t\r\n\u00a0"
SourceValue = tuple[int, str]
"""A source's place in its list, and SQL for its value, '' for none."""

_POD_COLUMNS = {
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


_KIND_OF = {"k8s.label": "pod", "ecs.tag": "task"}


class Answer(NamedTuple):
    """Where a source may have its value from."""

    place: int
    """Of the source in its list."""
    origin: str
    """What the value is of, if not of the pod or task itself."""
    sql: str


def pod_column(source: str) -> str | None:
    """The column of workloads that a source needs; None for one that pods don't have."""
    return next(iter(_POD_COLUMNS.get(source.split(":", 1)[0], ())), None)


def pod_answers(sources: Sequence[str]) -> Iterator[Answer]:
    """In the order in which they are asked: an ECS tag of the task first, of its cluster last."""
    for at, source in enumerate(sources):
        kind, key = source.split(":", 1)
        for column, origin in _POD_COLUMNS.get(kind, {}).items():
            yield Answer(at, origin, entry_sql(column, key))


def split_row_answers(sources: Sequence[str]) -> Iterator[Answer]:
    """Of AWS's split cost rows, which have pods' labels and tasks' tags among their tags."""
    for at, source in enumerate(sources):
        kind, key = source.split(":", 1)
        value = f"trim({tag_sql(key, sanitised=True)}, {literal(BLANKS)})"
        if kind == "tag":
            yield Answer(at, "", value)
        elif kind in _KIND_OF:
            yield Answer(
                at, "", f"CASE WHEN kind = {literal(_KIND_OF[kind])} THEN {value} ELSE '' END"
            )


def entry_sql(column: str, key: str) -> str:
    """By JSON pointer, which takes any key."""
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    return (
        f"trim(coalesce(json_extract_string({column}, {literal(pointer)}), ''), {literal(BLANKS)})"
    )


def first_value_sql(values: Sequence[SourceValue]) -> str:
    found = [f"nullif({sql}, '')" for _, sql in values]
    return f"coalesce({', '.join([*found, literal('')])})"


def first_source_sql(values: Sequence[SourceValue]) -> str:
    """The place of the source that `first_value_sql` answers by; -1 for none."""
    cases = [f"WHEN {sql} <> '' THEN {at}" for at, sql in values]
    return f"CASE {' '.join(cases)} ELSE -1 END" if cases else "-1"


def tag_sql(tag: str, *, sanitised: bool) -> str:
    candidates = [tag, sanitise_tag(tag)] if sanitised else [tag]
    found = ", ".join(f"Tags[{literal(key)}]" for key in dict.fromkeys(candidates))
    return f"coalesce({found}, '')"


def sanitise_tag(key: str) -> str:
    """AWS's rule for column names: `_` before upper case, lower case, other signs to one `_`."""
    spaced = re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()
    return re.sub(r"_+", "_", re.sub(r"[^a-z0-9]", "_", spaced)).strip("_")


def dimensions_sql(columns: Mapping[str, str]) -> str:
    """A JSON object of those that have a value, in the order of their names."""
    pairs = ", ".join(
        f"struct_pack(key := {literal(name)}, value := {column})"
        for name, column in sorted(columns.items())
    )
    if not pairs:
        return "'{}'"
    return (
        f"CAST(to_json(map_from_entries(list_filter([{pairs}], lambda d: d.value <> '')))"
        " AS VARCHAR)"
    )
