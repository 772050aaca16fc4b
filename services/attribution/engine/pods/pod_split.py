# ruff: noqa: S608 - names in SQL go through identifier()
"""Divides the lines of nodes and volumes among pods; each pod's part is then claimed like a line.

A node's cost of an hour is shared between CPU, memory and GPUs by what it had of each times its
price, then to each pod by the larger of requested and used, of the larger of what the node had and
what all pods took: so overcommitted nodes conserve, and idle is never negative.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.proof import plain
from services.attribution.engine.claims.key_dictionary import KeyDictionary
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.largest_remainder import split_weighed
from services.attribution.engine.tables import create_table, run_sql
from shared.columnar import Session, identifier
from shared.configuration.models import Configuration
from shared.exact import whole_weights
from shared.findings import Finding
from shared.money import from_units


@dataclass(frozen=True)
class PodSplit:
    session: Session
    config: Configuration
    scratch_dir: Path

    def split(self, keys: KeyDictionary, pods: PodKeys) -> None:
        """From `facts` of lines to those of pods, with their `keys` and `claims`."""
        self._find_twins()
        self._create_prices()
        self._weigh("pod_cells.sql")
        self._weigh("pod_items.sql")
        run_sql(self.session, __package__, "pod_facts.sql")
        self._share_idle()
        run_sql(self.session, __package__, "pod_pairs.sql")
        keys.claim_pods(pods)
        self.session.execute(
            "INSERT INTO claims BY NAME SELECT pod_keys.kid, pod_claims.* EXCLUDE (pid),"
            f" pod_keys.driver, {keys.pod_dimensions} AS dimensions"
            " FROM pod_keys JOIN keys ON keys.kid = pod_keys.rid"
            " JOIN claims ON claims.kid = pod_keys.rid"
            " JOIN pod_claims ON pod_claims.vid = claims.vid AND pod_claims.pid = pod_keys.pid"
            " JOIN pods ON pods.pid = pod_keys.pid"
        )
        run_sql(self.session, __package__, "pod_results.sql")

    def silent_hours(self) -> Iterator[Finding]:
        rows = self.session.execute(
            "SELECT cluster, CAST(sum(units) AS HUGEINT) FROM pod_items WHERE resource = 'none'"
            " GROUP BY cluster ORDER BY cluster"
        ).fetchall()
        for cluster, units in rows:
            yield Finding(
                "silent-node",
                f"Cluster {cluster}: {plain(from_units(units))} {self.config.currency} of its"
                " nodes fell in hours without a row of the workloads; all of it is idle.",
            )

    def _find_twins(self) -> None:
        """Keys that differ in the place alone: results don't tell them apart."""
        columns = self.session.execute("SELECT * FROM keys LIMIT 0").description or []
        names = [identifier(each[0]) for each in columns if each[0] not in ("kid", "place")]
        self.session.execute(
            "CREATE TEMP TABLE twins AS SELECT kid, min(kid) OVER"
            f" (PARTITION BY {', '.join(names)}) AS rid FROM keys"
        )

    def _create_prices(self) -> None:
        """`split` stands for split cost rows, which have no other resource beside them."""
        prices = whole_weights(self.config.node_prices.model_dump())
        create_table(
            self.session,
            "prices",
            {"resource": "VARCHAR", "price": "HUGEINT"},
            [*prices.items(), ("split", 1)],
            scratch_dir=self.scratch_dir,
        )

    def _weigh(self, name: str) -> None:
        """The weights stay as `<name>_weights`, for whoever asks why."""
        run_sql(self.session, __package__, name)
        split_weighed(self.session, self.scratch_dir)
        kept = identifier(name.replace(".sql", "_weights"))
        self.session.execute(
            f"CREATE TEMP TABLE {kept} AS SELECT cell AS item, recipient, weight FROM weighed"
        )

    def _share_idle(self) -> None:
        if self.config.idle == "overhead":
            return
        create_table(
            self.session,
            "policy",
            {"idle": "VARCHAR"},
            [(self.config.idle,)],
            scratch_dir=self.scratch_dir,
        )
        if self.config.idle == "reserved":
            self._weigh("idle_on_node.sql")
            run_sql(self.session, __package__, "idle_on_node_facts.sql")
        self._weigh("idle_in_cluster.sql")
        run_sql(self.session, __package__, "idle_in_cluster_facts.sql")
