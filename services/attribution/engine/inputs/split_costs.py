# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""AWS's split cost rows: what of an instance's hour each pod or task took, in the bill's own money.

They restate their instance and are never added to it. The instance's lines of that time are divided
in proportion to split and unused cost, so that several lines of an hour are scaled alike and come
out whole; what the rows leave is idle. Where there are any, they stand in for the workloads.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.attribution.domain.claims import CLUSTER_TAG
from services.attribution.domain.proof import plain
from services.attribution.engine.claims.key_dictionary import BARE_RESOURCE, IS_SPLIT_ROW
from services.attribution.engine.claims.label_sources import tag_sql
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.tables import run_sql
from shared.columnar import Session, literal
from shared.findings import Finding
from shared.money import from_units

_KIND = "CASE x_Operation WHEN 'EKSPod-EC2' THEN 'pod' ELSE 'task' END"
_PARENT = BARE_RESOURCE.replace("ResourceId", "x_SplitParentResourceId")
_KNOWN = (
    "SELECT CASE WHEN starts_with(pod, 'arn:') THEN pod"
    " ELSE concat_ws('/', 'pod', cluster, namespace, pod) END AS who,"
    " max(struct_pack(started_at := started_at, pid := pid)).pid AS pid"
    " FROM workloads WHERE pod <> '' AND volume = '' GROUP BY 1"
)
"""What the workloads said last of a pod or task, by the name that split cost rows have for it."""
_COMPUTE = "(Box|Spot|Dedicated|Sched|Host)Usage"
"""Of usage types: an instance's own price, which is all that AWS splits."""


def find_split_costs(session: Session, scan: str) -> "SplitCosts | None":
    """`scan` is the table function over the snapshot's parts, with the costs that AWS split."""
    query = f"SELECT 1 FROM {scan} WHERE x_SplitCost IS NOT NULL AND {IS_SPLIT_ROW} LIMIT 1"
    return SplitCosts(session, scan) if session.execute(query).fetchone() else None


@dataclass(frozen=True)
class SplitCosts:
    session: Session
    scan: str

    def load(self, pods: PodKeys) -> None:
        """Adds to `pods`, `resources`, `loads` and `moments`."""
        columns = pods.columns_of_split_rows
        listed = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        self.session.execute(
            "CREATE TEMP TABLE split_rows AS SELECT node, started_at, who,"
            f" {listed}, CAST(sum(units) AS HUGEINT) AS weight, count(*) AS row_count"
            f" FROM ({self._told_rows}) GROUP BY ALL"
        )
        self._find_parents()
        self._add_pods(", ".join(columns))
        run_sql(self.session, __package__, "split_rows.sql")

    def _find_parents(self) -> None:
        """Lines of the instances by hour, and the amortised units among them that AWS splits."""
        usage_type = "coalesce(x_UsageType, SkuMeter, '')"
        is_split = f"ChargeCategory = 'Usage' AND regexp_matches({usage_type}, {literal(_COMPUTE)})"
        units = f"CASE WHEN {is_split} THEN CAST(EffectiveCost * 10000000000 AS BIGINT) ELSE 0 END"
        self.session.execute(
            f"CREATE TEMP TABLE split_parents AS SELECT {BARE_RESOURCE} AS node,"
            " date_trunc('hour', ChargePeriodStart) AS started_at, count(*) AS line_count,"
            f" CAST(sum({units}) AS HUGEINT) AS units FROM {self.scan} WHERE NOT {IS_SPLIT_ROW}"
            f" AND {BARE_RESOURCE} IN (SELECT node FROM split_rows) GROUP BY ALL"
        )

    @property
    def _told_rows(self) -> str:
        """With what AWS's own tags say, or else the ARN of the pod or task."""
        cluster = _tag_or_part({"pod": CLUSTER_TAG, "task": "aws:ecs:clusterName"}, 2)
        namespace = _tag_or_part({"pod": "aws:eks:namespace"}, 3)
        return (
            f"SELECT Tags, {BARE_RESOURCE} AS who, coalesce({_PARENT}, '') AS node,"
            f" {_KIND} AS kind, {cluster} AS cluster,"
            f" CASE {_KIND} WHEN 'pod' THEN {namespace} ELSE '' END AS namespace,"
            " date_trunc('hour', ChargePeriodStart) AS started_at,"
            " CAST((coalesce(x_SplitCost, 0) + coalesce(x_UnusedCost, 0)) * 10000000000 AS BIGINT)"
            f" AS units FROM {self.scan} WHERE {IS_SPLIT_ROW}"
        )

    def _add_pods(self, names: str) -> None:
        """A row whose tags name no tenant is of whom the workloads say its pod is."""
        self.session.execute(
            "INSERT INTO pods BY NAME SELECT (SELECT coalesce(max(pid), 0) FROM pods)"
            f" + row_number() OVER (ORDER BY {names}) AS pid, {names}"
            f" FROM (SELECT DISTINCT {names} FROM split_rows) ANTI JOIN pods USING ({names})"
        )
        known = "pod_label_value = '' AND known.pid IS NOT NULL"
        self.session.execute(
            "CREATE TEMP TABLE split_pods AS SELECT node, started_at, split_rows.cluster,"
            f" CASE WHEN {known} THEN known.pid ELSE pods.pid END AS pid, weight, row_count"
            f" FROM split_rows JOIN pods USING ({names}) LEFT JOIN ({_KNOWN}) AS known USING (who)"
        )

    def without_parent(self, currency: str) -> Iterator[Finding]:
        """Their money by cluster; it is in no line of the bill that could be divided."""
        rows = self.session.execute(
            "SELECT cluster, sum(row_count), CAST(sum(weight) AS HUGEINT), min(node)"
            " FROM split_pods ANTI JOIN split_parents USING (node, started_at)"
            " GROUP BY cluster ORDER BY cluster"
        ).fetchall()
        for cluster, count, units, node in rows:
            amount = plain(from_units(units))
            yield Finding(
                "split-parent-missing",
                f"Cluster {cluster}: {count} split cost rows of {amount} {currency} restate an"
                f" instance that no line of the bill has at that time, such as {node or 'none'!r};"
                " nothing of it was added.",
            )


def _tag_or_part(tags: dict[str, str], part: int) -> str:
    """AWS's tag of each kind, else the part of `pod/<cluster>/<namespace>/...` in the ARN."""
    cases = " ".join(
        f"WHEN {literal(kind)} THEN nullif({tag_sql(tag, sanitised=True)}, '')"
        for kind, tag in tags.items()
    )
    path = "regexp_replace(coalesce(ResourceId, ''), '^arn:[^:]*:[^:]*:[^:]*:[^:]*:', '')"
    return f"coalesce(CASE {_KIND} {cases} END, split_part({path}, '/', {part}))"
