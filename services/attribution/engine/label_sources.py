"""A label's sources as SQL: the first that has a value counts, and which one it was."""

from collections.abc import Iterator, Sequence

from shared.columnar import literal

BLANKS = " \t\r\n\u00a0"
SourceValue = tuple[int, str]
"""A source's place in its list, and SQL for its value, '' for none."""

_POD_COLUMNS = {
    "k8s.label": "labels",
    "k8s.annotation": "annotations",
    "k8s.namespace-label": "namespace_labels",
    "k8s.namespace-annotation": "namespace_annotations",
}


def pod_column(source: str) -> str | None:
    """The column of workloads that answers a source; None for one that pods don't have."""
    return _POD_COLUMNS.get(source.split(":", 1)[0])


def pod_values(sources: Sequence[str]) -> Iterator[SourceValue]:
    for at, source in enumerate(sources):
        column = pod_column(source)
        if column is not None:
            yield at, entry_sql(column, source.split(":", 1)[1])


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
