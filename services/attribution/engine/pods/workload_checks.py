"""What is wrong with a row of workloads: the first fault of the first row, with its field."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from services.attribution.engine.inputs.input_rows import QUANTITY_TYPE, refused_row, shortened
from shared.columnar import Session
from shared.faults import BadInput
from shared.json_advice import differing_keys
from shared.numbers import number_of
from shared.periods import Month
from shared.sql.expressions import Sql, identifier, listed, names, timestamp
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
    filled = {
        "numbers": listed(numbers),
        "period_start": timestamp(period.start),
        "period_end": timestamp(period.end),
    }
    _refuse(session, files, "workload_faults.sql", filled, {"period": str(period)})


def check_keys(session: Session, files: Sequence[Path]) -> None:
    """Of labels, annotations and tags: JSON readers differ in which of two values they take."""
    columns = {"columns": names((*OBJECTS, "claim_labels"))}
    rows = run_script(session, __package__, "repeated_keys.sql", columns).fetchall()
    for place, row, field, text, row_count in rows:
        if (wrong := differing_keys(text)) is not None:
            counted = f" {row_count} rows have that." if row_count > 1 else ""
            raise BadInput(
                f"{shortened(text)} has a key twice. {wrong}{counted}",
                file=str(files[place]),
                row=row,
                field=field,
                remedy="Correct the row or leave it out; no workload was taken.",
            )


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
    filled: Mapping[str, Sql] | None = None,
    values: Mapping[str, object] | None = None,
) -> None:
    fault = run_script(session, __package__, script, filled, values).fetchone()
    if fault is not None:
        raise refused_row(files, fault, taken="workload")
