"""Parts of nodes and volumes: what pods took of what there was, and what they got of the rest."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.attribution.domain.evidence import Evidence, Share, Total
from shared.columnar import Session
from shared.faults import BadInput
from shared.sql.scripts import Row, records, run_script

_ITEMS_MAX = 200_000
"""Hours of nodes, by resource: more are not held at once."""
_IDLE = "idle"
_BY = {
    "pod_items": "taken",
    "idle_on_node": "idle, by requests on the node",
    "idle_in_cluster": "idle, by the cluster's pods",
}


@dataclass
class PodEvidence:
    session: Session

    def want(self) -> None:
        """`wanted_of_pods`: lines of nodes take the place of the pods' own facts."""
        run_script(self.session, __package__, "explained_pods.sql")
        if len(self._items) > _ITEMS_MAX:
            raise BadInput(
                f"the amount rests on {len(self._items):,} hours of nodes,"
                f" more than {_ITEMS_MAX:,}.",
                remedy="Ask for one day of it.",
            )

    def of(self, lines: Mapping[str, Evidence]) -> Iterator[tuple[Row, Evidence]]:
        """Rows with `part`, `day`, `started_at`, `place` and `pods`; what was got and why."""
        rows = records(run_script(self.session, __package__, "parts_of_pods.sql"))
        for row in rows:
            step, item = row["step"], row["item"]
            if step == "idle_in_cluster":
                of: Evidence = Total(tuple(self._idle(lines, each) for each in self._idle_of[item]))
            elif step == "idle_on_node":
                of = self._idle(lines, item)
            else:
                of = self._item(lines, item)
            row["day"] = row["started_at"].date()
            row["place"] = self._items[item]["place"] if item in self._items else ""
            yield row, self._share(of, step, item, row["recipient"])

    def _item(self, lines: Mapping[str, Evidence], item: int) -> Evidence:
        """A node's cost of one resource, or a volume's."""
        known = self._items[item]
        of = lines[f"node {known['cell']}"]
        if known["cell"] in self._weights["pod_cells"]:
            return self._share(of, "pod_cells", known["cell"], known["resource"])
        return of

    def _idle(self, lines: Mapping[str, Evidence], item: int) -> Evidence:
        return self._share(self._item(lines, item), "pod_items", item, _IDLE)

    def _share(self, of: Evidence, step: str, item: int, own: str) -> Share:
        weights = self._weights[step][item]
        by = own if step == "pod_cells" or own == _IDLE else _BY[step]
        return Share(of, by, tuple(weights.values()), list(weights).index(own))

    @cached_property
    def _items(self) -> Mapping[int, Row]:
        rows = records(run_script(self.session, __package__, "items.sql"))
        return {row["item"]: row for row in rows}

    @cached_property
    def _idle_of(self) -> Mapping[int, list[int]]:
        """Of a cluster's idle part, the nodes' that it is summed from."""
        items: defaultdict[int, list[int]] = defaultdict(list)
        for row in records(run_script(self.session, __package__, "idle_of_clusters.sql")):
            items[row["cluster_item"]].append(row["item"])
        return items

    @cached_property
    def _weights(self) -> Mapping[str, Mapping[int, Mapping[str, int]]]:
        """By step and what it splits, those of all recipients in the order of their names."""
        weights: defaultdict[str, defaultdict[int, dict[str, int]]]
        weights = defaultdict(lambda: defaultdict(dict))
        rows = run_script(self.session, __package__, "weights_of_pods.sql").fetchall()
        for step, item, recipient, weight in rows:
            weights[step][item][recipient] = int(weight)
        return weights
