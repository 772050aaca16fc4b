"""The files of the OpenShift cost operator, read as workloads; told apart by their columns.

It counts core-seconds and byte-seconds, writes labels as `label_a:b|label_c:d` (or, in Parquet, as
JSON), and knows the instance as `resource_id` and a volume as `csi_volume_handle`; which cluster a
file is of stands in the manifest beside it, or in the file's name. Pods, volumes and the labels of
namespaces are read; the labels of nodes and what else it writes are not.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from re import fullmatch
from typing import Final

from shared.column_types import check_column_type
from shared.input_limits import MANIFEST_BYTES_MAX
from shared.sql.expressions import Sql, cast, literal, null, number
from shared.sql.scripts import script_query
from shared.tabular import Column, SourceFile


class OperatorFile(StrEnum):
    """What a file of the operator is about."""

    PODS = "pods"
    VOLUMES = "volumes"
    NAMESPACES = "labels of namespaces"
    NODES = "labels of nodes"
    OTHER = "something else"

    @property
    def is_read(self) -> bool:
        return self not in (OperatorFile.NODES, OperatorFile.OTHER)


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
_STORAGE: Final = {
    "storage_gib_hours": ("persistentvolumeclaim_capacity_byte_seconds", _BYTE_SECONDS)
}
_IN_OTHER_FILES: Final = ("annotations", "namespace_labels", "namespace_annotations")
"""The operator writes these to files of their own; where it does not, they are empty."""
_LABELS: Final = "namespace_labels"
_UNNAMED: Final = "openshift"
_NAME: Final = r"[A-Za-z]+-\d{4}-(.+)-ocp_[a-z_]+\..*"


def operator_file(file: SourceFile) -> OperatorFile | None:
    """None for a file that is none of the operator's."""
    if file.find("cluster") is not None or file.find("interval_start") is None:
        return None
    if file.find("pod_usage_cpu_core_seconds") is not None:
        return OperatorFile.PODS
    if file.find("persistentvolumeclaim") is not None:
        has_ids = file.find("csi_volume_handle") is not None
        return OperatorFile.VOLUMES if has_ids else OperatorFile.OTHER
    if file.find("namespace_labels") is not None:
        return OperatorFile.NAMESPACES
    if file.find("node_labels") is not None:
        return OperatorFile.NODES
    return None if file.find("report_period_start") is None else OperatorFile.OTHER


def as_workloads(file: SourceFile, kind: OperatorFile | None) -> SourceFile:
    """With the columns of workloads; the file itself where it is none of the operator's."""
    if kind is None:
        return file
    derived = [Column("cluster", literal(_cluster_of(file)), "VARCHAR")]
    derived += _derived(file, "start", "interval_start", "openshift_time.sql")
    if kind is OperatorFile.PODS:
        derived += [*_nothing(*_IN_OTHER_FILES), *_quantities(file, _QUANTITIES)]
        derived += _derived(file, "labels", "pod_labels", "openshift_labels.sql")
        derived += _renamed(file, "provider_id", "resource_id")
    elif kind is OperatorFile.VOLUMES:
        derived += [*_nothing("labels", *_IN_OTHER_FILES), *_quantities(file, _STORAGE)]
        derived += _renamed(file, "volume_id", "csi_volume_handle")
        derived += _renamed(file, "claim", "persistentvolumeclaim")
        derived += _derived(
            file, "claim_labels", "persistentvolumeclaim_labels", "openshift_labels.sql"
        )
        derived += _left_out_volumes(file)
    else:
        derived += _derived(file, _LABELS, _LABELS, "openshift_labels.sql")
        derived.append(Column("left_out", literal("namespace"), "VARCHAR"))
        # Its name is that of what is made of it.
        columns = (
            replace(each, name="") if each.name == _LABELS else each for each in file.columns
        )
        file = replace(file, columns=tuple(columns))
    return replace(file, derived=tuple(derived))


def _nothing(*names: str) -> list[Column]:
    return [Column(name, null("VARCHAR"), "VARCHAR") for name in names]


def _quantities(file: SourceFile, quantities: Mapping[str, tuple[str, int]]) -> list[Column]:
    return [
        column
        for name, (written, divisor) in quantities.items()
        for column in _derived(file, name, written, "openshift_quantity.sql", number(divisor))
    ]


def _renamed(file: SourceFile, name: str, written: str) -> list[Column]:
    column = file.find(written)
    return [] if column is None else [Column(name, _text(column), "VARCHAR", written)]


def _left_out_volumes(file: SourceFile) -> list[Column]:
    volume, quantity = (
        file.find(name)
        for name in ("csi_volume_handle", "persistentvolumeclaim_capacity_byte_seconds")
    )
    if volume is None or quantity is None:
        return []
    names = {"volume": _text(volume), "quantity": _text(quantity)}
    sql = script_query(__package__, "openshift_left_out.sql", names)
    return [Column("left_out", sql, "VARCHAR")]


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


def _cluster_of(file: SourceFile) -> str:
    manifest = file.path.parent / "manifest.json"
    if manifest.is_file() and manifest.stat().st_size <= MANIFEST_BYTES_MAX:
        try:
            content = json.loads(manifest.read_bytes())
        except (ValueError, RecursionError):
            content = None
        if isinstance(content, dict) and content.get("cluster_id"):
            return str(content["cluster_id"])
    named = fullmatch(_NAME, file.path.name)
    return named[1] if named else _UNNAMED
