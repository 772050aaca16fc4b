"""Divides the lines of nodes and volumes among pods; each pod's part is then claimed like a line.

A node's cost of an hour is shared between CPU, memory and GPUs by what it had of each times its
price, then to each pod by the larger of requested and used, of the larger of what the node had and
what all pods took: so overcommitted nodes conserve, and idle is never negative.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.proof import plain
from services.attribution.engine.claims.claimed_keys import ClaimedKeys
from services.attribution.engine.claims.key_columns import KeyColumns
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.largest_remainder import split_weights
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.exact import whole_weights
from shared.findings import Finding
from shared.money import from_quanta
from shared.sql.scripts import run_script


@dataclass(frozen=True)
class PodSplit:
    session: Session
    keys: KeyColumns
    scratch_dir: Path

    def split(self, pods: PodKeys) -> None:
        """From `line_facts` to those of pods and what they left, with their keys and claims."""
        self._create_policy()
        names = {"names": self.keys.names_but_place}
        run_script(self.session, __package__, "key_groups.sql", names)
        run_script(self.session, __package__, "pod_cells.sql")
        self._divide(weights="pod_cell_weights", parts="pod_cell_parts")
        run_script(self.session, __package__, "pod_items.sql")
        self._divide(weights="pod_item_weights", parts="pod_item_parts")
        run_script(self.session, __package__, "idle_items.sql")
        if self.keys.config.idle == "overhead":
            run_script(self.session, __package__, "idle_stays.sql")
        else:
            self._divide_idle()
        run_script(self.session, __package__, "pod_facts.sql")
        run_script(self.session, __package__, "pod_keys.sql")
        ClaimedKeys(self.session, self.keys, self.scratch_dir).claim_pods(pods)
        dimensions = {"dimensions": self.keys.pod_dimensions}
        run_script(self.session, __package__, "divided.sql", dimensions)

    def silent_hours(self) -> Iterator[Finding]:
        """Cost of nodes in hours that the workloads have no row of."""
        rows = run_script(self.session, __package__, "silent_nodes.sql").fetchall()
        for cluster, quanta in rows:
            yield Finding(
                "silent-node",
                f"Cluster {cluster}: {plain(from_quanta(quanta))} {self.keys.config.currency} of"
                " its nodes fell in hours without a row of the workloads; all of it is idle.",
            )

    def _create_policy(self) -> None:
        """`prices` of resources beside each other, and the `policy` for what is idle.

        `split` stands for split cost rows, which have no other resource beside them.
        """
        prices = whole_weights(self.keys.config.node_prices.model_dump())
        create_table(
            self.session,
            "prices",
            {"resource": "VARCHAR", "price": "HUGEINT"},
            [*prices.items(), ("split", 1)],
            scratch_dir=self.scratch_dir,
        )
        create_table(
            self.session,
            "policy",
            {"idle": "VARCHAR"},
            [(self.keys.config.idle,)],
            scratch_dir=self.scratch_dir,
        )

    def _divide_idle(self) -> None:
        run_script(self.session, __package__, "idle_on_node.sql")
        self._divide(weights="idle_on_node_weights", parts="idle_on_node_parts")
        run_script(self.session, __package__, "idle_in_cluster.sql")
        self._divide(weights="idle_in_cluster_weights", parts="idle_in_cluster_parts")

    def _divide(self, *, weights: str, parts: str) -> None:
        """The weights stay, for whoever asks why."""
        split_weights(self.session, weights=weights, parts=parts, scratch_dir=self.scratch_dir)
