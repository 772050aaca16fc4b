"""The pod usage file of the OpenShift cost operator, read as workloads.

It counts core-seconds and byte-seconds, writes labels as `label_a:b|label_c:d` (or, in Parquet, as
JSON), and knows the instance as `resource_id`; which cluster it is of stands in the manifest
beside it, or in the file's name.
"""

import json
from dataclasses import replace
from pathlib import Path
from re import fullmatch
from typing import Final

from shared.columnar import literal
from shared.tabular import Column, SourceFile

_CORE_SECONDS: Final = 3600
_BYTE_SECONDS: Final = 3600 * 2**30
_QUANTITIES: Final = {
    "cpu_request_core_hours": ("pod_request_cpu_core_seconds", _CORE_SECONDS),
    "cpu_used_core_hours": ("pod_usage_cpu_core_seconds", _CORE_SECONDS),
    "memory_request_gib_hours": ("pod_request_memory_byte_seconds", _BYTE_SECONDS),
    "memory_used_gib_hours": ("pod_usage_memory_byte_seconds", _BYTE_SECONDS),
    "node_cpu_core_hours": ("node_capacity_cpu_core_seconds", _CORE_SECONDS),
    "node_memory_gib_hours": ("node_capacity_memory_byte_seconds", _BYTE_SECONDS),
}
_TOLD_ELSEWHERE: Final = ("annotations", "namespace_labels", "namespace_annotations")
"""In files of their own, which are not read: whoever reads them finds nothing."""
_UNNAMED: Final = "openshift"


def as_workloads(file: SourceFile) -> SourceFile:
    """The file itself where it is none of the operator's."""
    if file.find("pod_usage_cpu_core_seconds") is None or file.find("cluster") is not None:
        return file
    derived = [
        Column("cluster", literal(_cluster_of(file.path)), "VARCHAR"),
        *(Column(name, "CAST(NULL AS VARCHAR)", "VARCHAR") for name in _TOLD_ELSEWHERE),
    ]
    for name, (written, divisor) in _QUANTITIES.items():
        derived += _derived(file, name, written, _QUANTITY.replace("{divisor}", str(divisor)))
    derived += _derived(file, "start", "interval_start", _TIME)
    derived += _derived(file, "provider_id", "resource_id", "{text}")
    derived += _derived(file, "labels", "pod_labels", _LABELS)
    return replace(file, derived=tuple(derived))


def _derived(file: SourceFile, name: str, written: str, sql: str) -> list[Column]:
    """Nothing for a column that is not there: it is missed by its name in workloads."""
    column = file.find(written)
    if column is None:
        return []
    text = f"CAST({column.reference} AS VARCHAR)"
    return [Column(name, sql.replace("{text}", text), "VARCHAR", written)]


def _cluster_of(path: Path) -> str:
    manifest = path.parent / "manifest.json"
    if manifest.is_file():
        try:
            content = json.loads(manifest.read_bytes())
        except ValueError:
            content = None
        if isinstance(content, dict) and content.get("cluster_id"):
            return str(content["cluster_id"])
    named = fullmatch(r"[A-Za-z]+-\d{4}-(.+)-ocp_pod_usage.*", path.name)
    return named[1] if named else _UNNAMED


# What is no number is handed on as it stands, to be refused by its place. Seconds are measured, not
# counted: nine decimals of an hour are far finer.
_QUANTITY: Final = (
    "CASE WHEN try_cast({text} AS DOUBLE) IS NULL OR isnan(try_cast({text} AS DOUBLE)) THEN {text}"
    " ELSE CAST(CAST(round(CAST({text} AS DOUBLE) / {divisor}, 9) AS DECIMAL(38,9)) AS VARCHAR) END"
)
_TIME: Final = "regexp_replace({text}, ' [+]0000 UTC$', '+00')"
_LABELS: Final = (
    "CASE WHEN {text} = '' THEN NULL WHEN starts_with({text}, '{') THEN {text}"
    " ELSE CAST(to_json(map_from_entries(list_transform(string_split({text}, '|'), lambda e:"
    " struct_pack(key := regexp_replace(split_part(e, ':', 1), '^label_', ''),"
    " value := substr(e, strpos(e, ':') + 1))))) AS VARCHAR) END"
)
