"""Workloads: what pods and ECS tasks took of which node, and which claim has which volume.

A row is a pod or task on a node for a time (usually an hour), a node alone (what it had), or a
volume: of a claim, or of the node itself. Refused, with file, row and field: see
`workload_checks`. Quantities are kept to 18 decimals and become whole numbers of one scale.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.attribution.domain.lines import any_matches
from services.attribution.domain.near_names import near_names
from services.attribution.engine.claims.label_sources import pod_column
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.inputs.input_rows import (
    InputRows,
    input_files,
    missing_columns,
)
from services.attribution.engine.pods.openshift_pods import (
    OperatorFile,
    as_workloads,
    operator_file,
)
from services.attribution.engine.pods.workload_checks import (
    CAPACITIES,
    OBJECTS,
    OBJECTS_OF_TASKS,
    QUANTITIES,
    TAKEN,
    check_keys,
    check_once,
    check_places,
    check_rows,
)
from services.attribution.engine.prepared.group_pods import group_pods
from shared.columnar import Session
from shared.configuration.models import Configuration
from shared.faults import BadInput
from shared.findings import Finding
from shared.periods import Month
from shared.readable import refused_if_unreadable
from shared.sql.expressions import identifier, listed, names, number
from shared.sql.scripts import run_script, script_query
from shared.tabular import SourceFile, open_rows_file, with_names

_ALWAYS = ("cluster", "start")
_ON_NODES = ("provider_id", *TAKEN, *CAPACITIES)
_OF_PODS = ("namespace", "pod", *_ON_NODES)
_OF_VOLUMES = ("namespace", "volume_id", "claim", "storage_gib_hours")
_NAMES = (
    *("cluster", "node", "provider_id", "namespace", "pod", "task", "capacity_provider"),
    *("volume_id", "claim"),
)
_WRITTEN = (*_NAMES, "start", *OBJECTS, *QUANTITIES)
_COLUMNS = (*_WRITTEN, "claim_labels", "left_out")
_FIELD_OF = {"node": "provider_id", "volume": "volume_id", "pod": "provider_id", "task": "task"}
_CARRIERS = list(_FIELD_OF)
_SHOWN = 3
_FILES_SHOWN = 10
_NAMES_SHOWN = 20
_PLACES = ("cluster", "namespace")
_REMEDY = "Write the workloads again; none was taken."


@dataclass(frozen=True)
class WorkloadTables:
    session: Session
    pods: PodKeys
    period: Month
    scratch_dir: Path
    unread: list[str] = field(default_factory=list)

    def load(self, paths: Sequence[Path]) -> None:
        """Makes `workloads`, and of them `workload_pods`, `_resources`, `_loads` and `_moments`."""
        with refused_if_unreadable(", ".join(map(str, paths)), remedy=_REMEDY):
            self._load(paths)

    def _load(self, paths: Sequence[Path]) -> None:
        files = input_files(
            paths,
            endings=(".csv", ".csv.gz", ".parquet"),
            what="workload",
            remedy="Give CSV or Parquet.",
        )
        if not files:
            run_script(self.session, __package__, "no_workloads.sql")
            return
        rows = InputRows(
            self.session,
            "given_workloads",
            columns=_COLUMNS,
            times=("start",),
            period=self.period,
            what="workload",
            scratch_dir=self.scratch_dir,
            trimmed=_NAMES,
        )
        rows.create()
        for at, path in enumerate(files):
            opened = open_rows_file(path)
            kind = operator_file(opened)
            if self._is_of_use(path, kind):
                file = as_workloads(opened if kind else with_names(opened, _WRITTEN), kind)
                if kind is not OperatorFile.NAMESPACES:
                    self._check_columns(file)
                rows.insert(at, file)
        if len(self.unread) == len(files) > 0:
            raise BadInput(
                f"none of the files has pods or volumes: {', '.join(self.unread[:_FILES_SHOWN])}.",
                file=", ".join(map(str, paths)),
                remedy="Give the cost operator's pod usage, too.",
            )
        rows.read_other_times()
        run_script(self.session, __package__, "workload_rows.sql")
        check_rows(self.session, files, self.period)
        check_keys(self.session, files)
        run_script(self.session, __package__, "labelled_rows.sql")
        columns = self.pods.columns
        run_script(
            self.session,
            __package__,
            "workloads.sql",
            {"columns": listed(columns), "names": names(columns)},
        )
        check_once(self.session, files)
        run_script(self.session, __package__, "workload_resources.sql")
        check_places(self.session, files)
        run_script(self.session, __package__, "quantities.sql")
        run_script(self.session, __package__, "workload_moments.sql")
        group_pods(self.session, script_query(__package__, "placed_quantities.sql"))

    def _is_of_use(self, path: Path, kind: OperatorFile | None) -> bool:
        """Notes a file of the cost operator that is not."""
        if kind is None or kind in (OperatorFile.PODS, OperatorFile.VOLUMES):
            return True
        is_read = kind is OperatorFile.NAMESPACES and "namespace_labels" in self.pods.inputs
        if not is_read:
            self.unread.append(f"{path.name} ({kind})")
        return is_read

    def not_read(self) -> Iterator[Finding]:
        """Files of the cost operator that nothing was taken of."""
        if self.unread:
            more = len(self.unread) - _FILES_SHOWN
            listed = ", ".join(self.unread[:_FILES_SHOWN])
            listed += f" and {more} more" if more > 0 else ""
            yield Finding(
                "unread-workloads",
                f"Of the workloads these files were not read: {listed}. Labels of namespaces are"
                " read where `labels` has a `k8s.namespace-label:`.",
            )

    def added_pieces(self) -> Iterator[Finding]:
        """Where what a node had was added up within an hour, for whoever did not mean pieces."""
        count, first = run_script(self.session, __package__, "added_pieces.sql").fetchall()[0]
        if count:
            more = f" and {count - 1} more" if count > 1 else ""
            yield Finding(
                "added-pieces",
                f"Rows of one hour are pieces of it on the node {first}{more}: what they say it had"
                " was added up. If each says it of the whole hour, write the hour as `start`.",
            )

    def unbilled(self, paths: Sequence[Path]) -> Iterator[Finding]:
        """What no line of the bill names; an error if it names nothing of the workloads."""
        rows = run_script(
            self.session, __package__, "billed_resources.sql", {"shown": number(_SHOWN)}
        ).fetchall()
        if rows and all(count == missing for _, count, missing, _ in rows):
            carrier, _, _, shown = rows[0]
            raise BadInput(
                f"no line of the bill names a node or volume of the workloads, such as"
                f" {shown[0]!r}.",
                file=", ".join(map(str, paths)),
                field=_FIELD_OF[carrier],
                remedy="Give the workloads of this bill's accounts, and a bill with resource ids.",
            )
        for carrier, _, missing, shown in sorted(rows, key=lambda row: _CARRIERS.index(row[0])):
            if missing:
                more = "" if missing <= _SHOWN else f" and {missing - _SHOWN} more"
                yield Finding(
                    f"unbilled-{carrier}",
                    f"The workloads name a {carrier} that no line of the bill has:"
                    f" {', '.join(shown)}{more}; what was there got no cost.",
                )

    def absent_labels(self) -> Iterator[Finding]:
        """Keys of labels and annotations that no row has; ECS tags may be the bill's."""
        for label, sources in self.pods.config.labels.items():
            asked = [source for source in sources if source.startswith("k8s.")]
            absent = [
                source for source in asked if source.split(":", 1)[1] not in self._keys(source)
            ]
            for source in absent:
                key = source.split(":", 1)[1]
                near = near_names(key, self._keys(source))
                if near or len(absent) == len(sources):
                    meant = f" Did you mean {' or '.join(f'`{each}`' for each in near)}?"
                    text = f"Label {label}: no row of the workloads has `{source}`."
                    yield Finding("absent-label", f"{text}{meant if near else ''}")

    def absent_names(self) -> Iterator[Finding]:
        """Clusters and namespaces of the ruleset that no row has."""
        known = {place: self._names(place) for place in _PLACES}
        absent = [
            (naming, near_names(pattern, known[place]))
            for naming, place, pattern in _placed_names(self.pods.config)
            if not any_matches((pattern,), known[place])
        ]
        for naming, near in absent[:_NAMES_SHOWN]:
            listed_near = ", ".join(f"`{each}`" for each in near)
            nearest = f" (nearest: {listed_near})" if near else ""
            text = f"{naming}, and no row of the workloads is of it{nearest}."
            yield Finding("unmet-pattern", text)
        if len(absent) > _NAMES_SHOWN:
            more = len(absent) - _NAMES_SHOWN
            yield Finding("more", f"{more} more clusters and namespaces are not in the workloads.")

    def _names(self, place: str) -> list[str]:
        names = {"column": identifier(place)}
        rows = run_script(self.session, __package__, "names_of_pods.sql", names).fetchall()
        return [name for (name,) in rows]

    def _keys(self, source: str) -> list[str]:
        names = {"column": identifier(str(pod_column(source)))}
        rows = run_script(self.session, __package__, "keys_of_pods.sql", names).fetchall()
        return [key for (key,) in rows]

    def _check_columns(self, file: SourceFile) -> None:
        read = self.pods.inputs
        if missing := [name for name in _needed(file, read) if file.find(name) is None]:
            asked = [f"`{read[name]}` reads {name}" for name in missing if name in read]
            why = "; ".join(asked) or "Workloads have it"
            raise missing_columns(
                file, missing, remedy=f"{why}; docs/ruleset.md lists the columns."
            )


def _placed_names(config: Configuration) -> Iterator[tuple[str, str, str]]:
    """What names a cluster or a namespace, which of the two, and the name or pattern."""
    for cluster, tenant in config.defaults.clusters.items():
        yield f"`defaults.clusters` gives `{cluster}` to {tenant}", "cluster", cluster
    for rule in config.rules:
        for place in _PLACES:
            for pattern in getattr(rule.when.k8s, place, None) or ():
                yield f"Rule {rule.name} has the {place} `{pattern}`", place, pattern


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
