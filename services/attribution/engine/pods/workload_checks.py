"""What is wrong with a row of workloads: the first fault of the first row, with its field."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from services.attribution.engine.inputs.input_rows import QUANTITY_TYPE, refused_row
from shared.columnar import Session
from shared.numbers import number_of
from shared.periods import Month
from shared.sql.expressions import Sql, identifier, listed, timestamp
from shared.sql.scripts import run_script

OBJECTS_OF_TASKS: Final = ("tags", "service_tags", "capacity_provider_tags", "cluster_tags")
OBJECTS: Final = (
    *("labels", "annotations", "namespace_labels", "namespace_annotations"),
    *OBJECTS_OF_TASKS,
)
CAPACITIES: Final = ("node_cpu_core_hours", "node_memory_gib_hours")
TAKEN: Final = (
    "cpu_request_core_hours",
    "cpu_used_core_hours",
    "memory_request_gib_hours",
    "memory_used_gib_hours",
)
QUANTITIES: Final = (*TAKEN, "gpu_hours", *CAPACITIES, "node_gpu_hours", "storage_gib_hours")


def check_rows(session: Session, files: Sequence[Path], period: Month) -> None:
    numbers = {f"{name}_number": number_of(identifier(name), QUANTITY_TYPE) for name in QUANTITIES}
    names = {
        "numbers": listed(numbers),
        "period_start": timestamp(period.start),
        "period_end": timestamp(period.end),
    }
    _refuse(session, files, "workload_faults.sql", names, {"period": str(period)})


def check_once(session: Session, files: Sequence[Path]) -> None:
    """The same pod on the same node at the same time, or the same claim of a volume, twice."""
    _refuse(session, files, "repeated_workloads.sql")


def check_places(session: Session, files: Sequence[Path]) -> None:
    """An instance or volume is in one cluster, a node's volume on one node, pods not with tasks."""
    _refuse(session, files, "resources_in_two_places.sql")
    _refuse(session, files, "clusters_of_two_kinds.sql")


def _refuse(
    session: Session,
    files: Sequence[Path],
    script: str,
    names: Mapping[str, Sql] | None = None,
    values: Mapping[str, object] | None = None,
) -> None:
    fault = run_script(session, __package__, script, names, values).fetchone()
    if fault is not None:
        raise refused_row(files, fault, taken="workload")
