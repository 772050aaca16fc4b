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

from shared.column_types import check_column_type
from shared.input_limits import MANIFEST_BYTES_MAX
from shared.sql.expressions import Sql, cast, literal, null, number
from shared.sql.scripts import script_query
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
_IN_OTHER_FILES: Final = ("annotations", "namespace_labels", "namespace_annotations")
"""The operator writes these to files of their own, which are not read: they are empty here."""
_UNNAMED: Final = "openshift"


def as_workloads(file: SourceFile) -> SourceFile:
    """The file itself where it is none of the operator's."""
    if file.find("pod_usage_cpu_core_seconds") is None or file.find("cluster") is not None:
        return file
    derived = [
        Column("cluster", literal(_cluster_of(file.path)), "VARCHAR"),
        *(Column(name, null("VARCHAR"), "VARCHAR") for name in _IN_OTHER_FILES),
    ]
    for name, (written, divisor) in _QUANTITIES.items():
        derived += _derived(file, name, written, "openshift_quantity.sql", number(divisor))
    derived += _derived(file, "start", "interval_start", "openshift_time.sql")
    derived += _derived(file, "labels", "pod_labels", "openshift_labels.sql")
    if (instance := file.find("resource_id")) is not None:
        derived.append(Column("provider_id", _text(instance), "VARCHAR", "resource_id"))
    return replace(file, derived=tuple(derived))


def _derived(
    file: SourceFile, name: str, written: str, script: str, divisor: Sql | None = None
) -> list[Column]:
    """Nothing for a column that is not there: it is missed by its name in workloads."""
    column = file.find(written)
    if column is None:
        return []
    check_column_type(file, column, "text or map")
    names = {"text": _text(column)} | ({} if divisor is None else {"divisor": divisor})
    return [Column(name, script_query(__package__, script, names), "VARCHAR", written)]


def _text(column: Column) -> Sql:
    return cast(column.reference, "VARCHAR")


def _cluster_of(path: Path) -> str:
    manifest = path.parent / "manifest.json"
    if manifest.is_file() and manifest.stat().st_size <= MANIFEST_BYTES_MAX:
        try:
            content = json.loads(manifest.read_bytes())
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict) and content.get("cluster_id"):
            return str(content["cluster_id"])
    named = fullmatch(r"[A-Za-z]+-\d{4}-(.+)-ocp_pod_usage.*", path.name)
    return named[1] if named else _UNNAMED
