# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""What is wrong with a row of workloads: the first fault of the first row, with its field.

A quantity that is missing is unknown and never 0; so a pod, or a task on an instance, says what it
requested or what it used, and a node what it had.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from services.attribution.engine.inputs.input_rows import refused_row
from shared.columnar import Session, identifier, literal
from shared.periods import Month

OBJECTS_OF_TASKS = ("tags", "service_tags", "capacity_provider_tags", "cluster_tags")
OBJECTS = (
    *("labels", "annotations", "namespace_labels", "namespace_annotations"),
    *OBJECTS_OF_TASKS,
)
CAPACITIES = ("node_cpu_core_hours", "node_memory_gib_hours")
TAKEN = (
    "cpu_request_core_hours",
    "cpu_used_core_hours",
    "memory_request_gib_hours",
    "memory_used_gib_hours",
)
QUANTITIES = (*TAKEN, "gpu_hours", *CAPACITIES, "node_gpu_hours", "storage_gib_hours")
Fault = tuple[str, str, str]
"""A condition, the field it is about, and SQL for what is wrong with it."""

_MISSING = "'is missing'"


def check_rows(session: Session, files: Sequence[Path], period: Month) -> None:
    faults = (*_common(period), *_of_volumes(), *_of_tasks(), *_of_pods(), *_on_nodes())
    cases = " ".join(
        f"WHEN {condition} THEN {literal(field + ':')} || {what}"
        for condition, field, what in faults
    )
    _refuse(
        session,
        files,
        f"SELECT file, row, fault FROM (SELECT file, row, CASE {cases} END AS fault"
        " FROM workload_rows) WHERE fault IS NOT NULL ORDER BY file, row LIMIT 1",
    )


def check_once(session: Session, files: Sequence[Path]) -> None:
    """The same pod on the same node at the same time, or the same claim of a volume, twice."""
    _refuse(
        session,
        files,
        "SELECT file, row, 'start:stands there twice for the same pod, task or claim' FROM ("
        "SELECT file, row, row_number() OVER (PARTITION BY cluster, node, volume, namespace, pod,"
        " claim, started_at ORDER BY file, row) AS copy FROM workloads"
        " WHERE pod <> '' OR claim <> '') WHERE copy > 1 ORDER BY file, row LIMIT 1",
    )


def check_places(session: Session, files: Sequence[Path]) -> None:
    """An instance or volume is in one cluster, a node's volume on one node, pods not with tasks."""
    _refuse(
        session,
        files,
        "SELECT file, row, CASE WHEN workloads.node = resource THEN 'provider_id:' ELSE"
        " 'volume_id:' END || resource || ' is in two clusters or on two nodes'"
        " FROM (SELECT resource FROM resources GROUP BY resource HAVING count(*) > 1)"
        " JOIN workloads ON resource IN (workloads.node, workloads.volume)"
        " ORDER BY file, row LIMIT 1",
    )
    _refuse(
        session,
        files,
        "SELECT file, row, 'cluster:' || cluster || ' has pods and tasks; a cluster of EKS and one"
        " of ECS need different names' FROM (SELECT cluster FROM workloads JOIN pods USING (pid,"
        " cluster) WHERE pod <> '' OR claim <> '' GROUP BY cluster HAVING min(kind) <> max(kind))"
        " JOIN workloads USING (cluster) ORDER BY file, row LIMIT 1",
    )


def _refuse(session: Session, files: Sequence[Path], query: str) -> None:
    found = session.execute(query).fetchone()
    if found is not None:
        raise refused_row(files, found, taken="workload")


def _common(period: Month) -> Iterator[Fault]:
    yield "cluster IS NULL", "cluster", _MISSING
    yield "try_cast(start AS TIMESTAMPTZ) IS NULL", "start", "coalesce(start, '') || ' is no time'"
    start, end = (f"{moment:%Y-%m-%d %H:%M:%S}+00" for moment in (period.start, period.end))
    yield (
        (
            f"try_cast(start AS TIMESTAMPTZ) < TIMESTAMPTZ {literal(start)}"
            f" OR try_cast(start AS TIMESTAMPTZ) >= TIMESTAMPTZ {literal(end)}"
        ),
        "start",
        f"start || {literal(f' is outside {period}')}",
    )
    for name in OBJECTS:
        column = identifier(name)
        yield (
            (
                f"{column} IS NOT NULL AND (NOT json_valid({column})"
                f" OR json_type(CASE WHEN json_valid({column}) THEN {column} END) <> 'OBJECT')"
            ),
            name,
            "'is no JSON object'",
        )
    for name in QUANTITIES:
        column = identifier(name)
        number = f"try_cast({column} AS DECIMAL(38,18))"
        yield (
            f"{column} IS NOT NULL AND ({number} IS NULL OR contains({column}, '_'))",
            name,
            f"{column} || ' is no number'",
        )
        yield f"{number} < 0", name, f"{column} || ' is negative'"


def _of_volumes() -> Iterator[Fault]:
    volume = "volume_id IS NOT NULL"
    yield (
        f"{volume} AND claim IS NULL AND (provider_id IS NULL OR namespace IS NOT NULL)",
        "claim",
        "'is missing; a volume of the node itself names its provider_id and no namespace'",
    )
    yield f"{volume} AND claim IS NOT NULL AND namespace IS NULL", "namespace", _MISSING
    yield from _positive(f"{volume} AND claim IS NOT NULL", "storage_gib_hours")
    yield "volume_id IS NULL AND claim IS NOT NULL", "volume_id", _MISSING


def _of_tasks() -> Iterator[Fault]:
    row = "task IS NOT NULL"
    beside = "'stands beside a task, which has none; a row is a pod, a task or a volume'"
    for name in ("namespace", "pod", "volume_id", "claim"):
        yield f"{row} AND {name} IS NOT NULL", name, beside
    yield (
        f"{row} AND provider_id IS NULL AND capacity_provider NOT LIKE 'FARGATE%'",
        "provider_id",
        "'is missing; a task on EC2 names the EC2 instance it ran on'",
    )
    yield (
        f"{row} AND provider_id IS NULL AND task NOT LIKE 'arn:%:ecs:%:task/%'",
        "task",
        "task || ' is no ARN of a task, by which the bill names one on Fargate'",
    )


def _of_pods() -> Iterator[Fault]:
    row = "volume_id IS NULL AND task IS NULL"
    yield f"{row} AND provider_id IS NULL", "provider_id", _MISSING
    yield f"{row} AND pod IS NOT NULL AND namespace IS NULL", "namespace", _MISSING
    taken = ", ".join(f"try_cast({name} AS DECIMAL(38,18))" for name in TAKEN)
    yield (
        f"{row} AND pod IS NULL AND (namespace IS NOT NULL OR greatest({taken}) > 0)",
        "pod",
        _MISSING,
    )


def _on_nodes() -> Iterator[Fault]:
    row = "volume_id IS NULL AND provider_id IS NOT NULL"
    for name in CAPACITIES:
        yield from _positive(row, name)
    for requested, used in (TAKEN[:2], TAKEN[2:]):
        neither = f"{requested} IS NULL AND {used} IS NULL"
        yield (
            f"{row} AND coalesce(pod, task) IS NOT NULL AND {neither}",
            requested,
            f"{literal(f'is missing, and so is {used}')}",
        )
    has_gpus = f"{row} AND try_cast(gpu_hours AS DECIMAL(38,18)) > 0"
    yield from _positive(has_gpus, "node_gpu_hours")


def _positive(condition: str, name: str) -> Iterator[Fault]:
    yield f"{condition} AND {name} IS NULL", name, _MISSING
    yield f"{condition} AND try_cast({name} AS DECIMAL(38,18)) = 0", name, "'is 0'"
