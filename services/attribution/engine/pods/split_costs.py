"""AWS's split cost rows: what of an instance's hour each pod or task took, in the bill's own money.

They restate their instance and are never added to it. The instance's lines of that time are divided
in proportion to split and unused cost, so that several lines of an hour are scaled alike and come
out whole; what the rows leave is idle. Where there are any, they stand in for the workloads
(decision 10; AWS, split cost allocation data).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.attribution.domain.claims import CLUSTER_TAG
from services.attribution.domain.proof import plain
from services.attribution.engine.bill_columns import (
    BARE_RESOURCE,
    IS_SPLIT_ROW,
    bare_resource,
    tag,
)
from services.attribution.engine.claims.pod_keys import PodKeys
from shared.columnar import Session
from shared.findings import Finding
from shared.money import from_quanta
from shared.sql.expressions import Sql, identifier, listed, names
from shared.sql.scripts import run_script, script_query


@dataclass(frozen=True)
class SplitCosts:
    """`lines` are the snapshot's; None where the bill has no split cost row."""

    session: Session
    lines: Sql | None

    def load(self, pods: PodKeys, *, has_workloads: bool) -> None:
        """Makes `pods`, `resources`, `loads` and `moments` of the workloads and of these rows."""
        columns = names(pods.columns)
        if self.lines is None:
            self._run("pods.sql", {"rows": identifier("workload_pods"), "names": columns})
            self._run("no_split_rows.sql")
        else:
            self._load_rows(self.lines, pods)
            all_pods = "pods_with_split_rows.sql" if has_workloads else "pods_of_split_rows.sql"
            rows = script_query(__package__, all_pods, {"names": columns})
            self._run("pods.sql", {"rows": rows, "names": columns})
            self._run("split_pods.sql", {"names": columns})
        self._run("resources.sql")

    def _load_rows(self, lines: Sql, pods: PodKeys) -> None:
        """`split_rows`, and `split_parents`: by instance and hour, its lines and what AWS split."""
        self._run(
            "split_rows.sql",
            {
                "lines": lines,
                "is_split_row": IS_SPLIT_ROW,
                "resource": BARE_RESOURCE,
                "parent": bare_resource("x_SplitParentResourceId"),
                "pod_cluster_tag": tag(CLUSTER_TAG, sanitised=True),
                "task_cluster_tag": tag("aws:ecs:clusterName", sanitised=True),
                "namespace_tag": tag("aws:eks:namespace", sanitised=True),
                "columns": listed(pods.columns_of_split_rows),
            },
        )
        of_instances = {"lines": lines, "is_split_row": IS_SPLIT_ROW, "resource": BARE_RESOURCE}
        self._run("split_parents.sql", of_instances)

    def without_parent(self, currency: str) -> Iterator[Finding]:
        """Their money by cluster; it is in no line of the bill that could be divided."""
        if self.lines is None:
            return
        rows = self._run("split_rows_without_parent.sql").fetchall()
        for cluster, count, quanta, node in rows:
            amount = plain(from_quanta(quanta))
            yield Finding(
                "split-parent-missing",
                f"Cluster {cluster}: {count} split cost rows of {amount} {currency} restate an"
                f" instance that no line of the bill has at that time, such as {node or 'none'!r};"
                " nothing of it was added.",
            )

    def _run(self, script: str, filled: Mapping[str, Sql] | None = None) -> Session:
        return run_script(self.session, __package__, script, filled)
