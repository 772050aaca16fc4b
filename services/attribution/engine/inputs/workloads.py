# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""Workloads: what pods and ECS tasks took of which node, and which claim has which volume.

A row is a pod or task on a node for a time (usually an hour), a node alone (what it had), or a
volume: of a claim, or of the node itself. Refused, with file, row and field: see
`workload_checks`. Quantities are kept to 18 decimals and become whole numbers of one scale.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.inputs.input_rows import InputRows, input_files
from services.attribution.engine.inputs.openshift_pods import as_workloads
from services.attribution.engine.inputs.workload_checks import (
    CAPACITIES,
    OBJECTS,
    OBJECTS_OF_TASKS,
    QUANTITIES,
    TAKEN,
    check_once,
    check_places,
    check_rows,
)
from services.attribution.engine.tables import run_sql
from shared.columnar import Session
from shared.faults import BadInput
from shared.findings import Finding
from shared.periods import Month
from shared.tabular import SourceFile, open_source_file

_ALWAYS = ("cluster", "start")
_ON_NODES = ("provider_id", *TAKEN, *CAPACITIES)
_OF_PODS = ("namespace", "pod", *_ON_NODES)
_OF_VOLUMES = ("namespace", "volume_id", "claim", "storage_gib_hours")
_COLUMNS = (
    *("cluster", "node", "provider_id", "namespace", "pod", "start", "task", "capacity_provider"),
    *(*OBJECTS, *QUANTITIES, "volume_id", "claim"),
)
_FIELD_OF = {"node": "provider_id", "volume": "volume_id", "pod": "provider_id", "task": "task"}
_SHOWN = 3


@dataclass(frozen=True)
class WorkloadTables:
    session: Session
    pods: PodKeys
    period: Month

    def load(self, paths: Sequence[Path]) -> None:
        """Creates `resources`, `pods`, `loads` and `moments`."""
        rows = InputRows(self.session, "workload_rows", _COLUMNS, "workload")
        rows.create()
        files = input_files(
            paths,
            endings=(".csv", ".csv.gz", ".parquet"),
            what="workload",
            remedy="Give CSV or Parquet.",
        )
        for at, path in enumerate(files):
            file = as_workloads(open_source_file(path))
            self._check_columns(file)
            rows.insert(at, file)
        check_rows(self.session, files, self.period)
        run_sql(self.session, __package__, "volume_labels.sql")
        self._place_rows()
        check_once(self.session, files)
        run_sql(self.session, __package__, "resources.sql")
        check_places(self.session, files)
        run_sql(self.session, __package__, "loads.sql")

    def unbilled(self) -> Iterator[Finding]:
        """What no line of the bill names; an error if it names nothing of the workloads."""
        rows = self.session.execute(
            "SELECT carrier, resource, place IN (SELECT place FROM keys) FROM resources"
            " ORDER BY carrier, resource"
        ).fetchall()
        missing = [(carrier, resource) for carrier, resource, is_billed in rows if not is_billed]
        if rows and len(missing) == len(rows):
            raise BadInput(
                f"no line of the bill names a node or volume of the workloads, such as"
                f" {missing[0][1]!r}.",
                field=_FIELD_OF[missing[0][0]],
                remedy="Give the workloads of this bill's accounts, and a bill with resource ids.",
            )
        for carrier in _FIELD_OF:
            named = [resource for kind, resource in missing if kind == carrier]
            if named:
                more = "" if len(named) <= _SHOWN else f" and {len(named) - _SHOWN} more"
                yield Finding(
                    f"unbilled-{carrier}",
                    f"The workloads name a {carrier} that no line of the bill has:"
                    f" {', '.join(named[:_SHOWN])}{more}; what was there got no cost.",
                )

    def _check_columns(self, file: SourceFile) -> None:
        read = self.pods.inputs
        for name in _needed(file, read):
            if file.find(name) is None:
                why = f"`{read[name]}` reads it" if name in read else "Workloads have it"
                raise BadInput(
                    "the column is missing.",
                    file=str(file.path),
                    field=name,
                    remedy=f"{why}; docs/ruleset.md lists the columns.",
                )

    def _place_rows(self) -> None:
        """`workloads`: each row with its time, its pod's number, its instance and volume.

        A pod or task on Fargate has no instance: it is billed `alone`, by its own ARN.
        """
        columns = self.pods.columns
        listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        names = ", ".join(columns)
        bare = "coalesce(regexp_replace({}, '^(aws://|arn:[^:]*:ec2:).*/', ''), '')"
        pod_alone = "provider_id LIKE '%/fargate-%' AND pod IS NOT NULL AND volume_id IS NULL"
        task_alone = "task IS NOT NULL AND provider_id IS NULL"
        self.session.execute(
            "CREATE TEMP TABLE keyed AS SELECT file, row,"
            " CAST(CAST(start AS TIMESTAMPTZ) AS TIMESTAMP) AS started_at,"
            f" {bare.format('provider_id')} AS node, {bare.format('volume_id')} AS volume,"
            f" coalesce(pod, task, '') AS pod, coalesce(claim, '') AS claim,"
            f" CASE WHEN {pod_alone} THEN concat_ws('/', 'pod', cluster, namespace, pod)"
            f" WHEN {task_alone} THEN task ELSE '' END AS alone, {listed}"
            " FROM workload_rows"
        )
        self.session.execute(
            f"CREATE TEMP TABLE pods AS SELECT row_number() OVER (ORDER BY {names}) AS pid, {names}"
            f" FROM (SELECT DISTINCT {names} FROM keyed)"
        )
        self.session.execute(
            "CREATE TEMP TABLE workloads AS SELECT pid, cluster, namespace, file, row, started_at,"
            f" node, volume, pod, claim, alone FROM keyed JOIN pods USING ({names})"
        )
        self.session.execute("DROP TABLE keyed")


def _needed(file: SourceFile, read: Collection[str]) -> Iterator[str]:
    """The columns a file must have, by which of pods, tasks and volumes it has."""
    has_volumes, has_tasks, has_pods, has_nodes = (
        file.find(name) is not None for name in ("volume_id", "task", "pod", "provider_id")
    )
    yield from _ALWAYS
    if has_tasks:
        yield from (name for name in read if name in OBJECTS_OF_TASKS)
        yield from _ON_NODES if has_nodes else ()
    if has_pods or not has_tasks:
        yield from (name for name in read if name not in OBJECTS_OF_TASKS)
        yield from _OF_VOLUMES if has_volumes else _OF_PODS
