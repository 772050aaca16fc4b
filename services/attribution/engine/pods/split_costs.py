"""AWS's split cost rows: what of an instance's hour each pod or task took, in the bill's own money.

They restate their instance and are never added to it. The instance's lines of that time are divided
in proportion to split and unused cost, so that several lines of an hour are scaled alike and come
out whole; what the rows leave is idle. Where there are any, they stand in for the workloads
(decision 10; AWS, split cost allocation data).
"""

from collections.abc import Iterator
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
from shared.sql.expressions import Sql, listed, names
from shared.sql.scripts import run_script


@dataclass(frozen=True)
class SplitCosts:
    """`lines` are the snapshot's, or none of them where the bill has no split cost row."""

    session: Session
    lines: Sql

    def load(self, pods: PodKeys) -> None:
        """Makes `pods`, `resources`, `loads` and `moments` of the workloads and of these rows."""
        columns = pods.columns_of_split_rows
        run_script(
            self.session,
            __package__,
            "split_rows.sql",
            {
                "lines": self.lines,
                "is_split_row": IS_SPLIT_ROW,
                "resource": BARE_RESOURCE,
                "parent": bare_resource("x_SplitParentResourceId"),
                "pod_cluster_tag": tag(CLUSTER_TAG, sanitised=True),
                "task_cluster_tag": tag("aws:ecs:clusterName", sanitised=True),
                "namespace_tag": tag("aws:eks:namespace", sanitised=True),
                "columns": listed(columns),
            },
        )
        self._find_parents()
        run_script(self.session, __package__, "pods.sql", {"names": names(columns)})
        run_script(self.session, __package__, "resources.sql")

    def _find_parents(self) -> None:
        """`split_parents`: by instance and hour, its lines, and their quanta that AWS splits."""
        run_script(
            self.session,
            __package__,
            "split_parents.sql",
            {"lines": self.lines, "is_split_row": IS_SPLIT_ROW, "resource": BARE_RESOURCE},
        )

    def without_parent(self, currency: str) -> Iterator[Finding]:
        """Their money by cluster; it is in no line of the bill that could be divided."""
        rows = run_script(self.session, __package__, "split_rows_without_parent.sql").fetchall()
        for cluster, count, quanta, node in rows:
            amount = plain(from_quanta(quanta))
            yield Finding(
                "split-parent-missing",
                f"Cluster {cluster}: {count} split cost rows of {amount} {currency} restate an"
                f" instance that no line of the bill has at that time, such as {node or 'none'!r};"
                " nothing of it was added.",
            )
