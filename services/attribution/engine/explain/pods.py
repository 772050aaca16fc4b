# ruff: noqa: S608 - names in SQL are the engine's own
"""Parts of nodes and volumes: what pods took of what there was, and what they got of the rest."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from services.attribution.domain.evidence import Evidence, Share, Total
from services.attribution.engine.tables import Row, records, run_sql
from shared.columnar import Session
from shared.faults import BadInput

_ITEMS_MAX = 200_000
"""Hours of nodes, by resource: more are not held at once."""
_IDLE = "idle"
_BY = {
    "pod_items": "taken",
    "idle_on_node": "idle, by requests on the node",
    "idle_in_cluster": "idle, by the cluster's pods",
}
_ASKED = {
    "pod_cells": "SELECT cell FROM explained_items",
    "pod_items": "SELECT item FROM explained_items",
    "idle_on_node": "SELECT item FROM explained_pods WHERE step = 'idle_on_node'",
    "idle_in_cluster": "SELECT item FROM explained_pods WHERE step = 'idle_in_cluster'",
}


@dataclass
class PodEvidence:
    session: Session

    def want(self) -> None:
        """In the table `wanted`, lines of nodes take the place of the pods' own facts."""
        run_sql(self.session, __package__, "explained_pods.sql")
        if len(self._items) > _ITEMS_MAX:
            raise BadInput(
                f"the amount rests on {len(self._items):,} hours of nodes,"
                f" more than {_ITEMS_MAX:,}.",
                remedy="Ask for one day of it.",
            )

    def of(self, lines: Mapping[str, Evidence]) -> Iterator[tuple[Row, Evidence]]:
        """Rows with `part`, `day`, `hour`, `place` and `pods`, each with what was got and why."""
        rows = records(
            self.session,
            "SELECT explained_pods.*, coalesce(rtrim(cluster || '/' || namespace, '/'), '') AS pods"
            " FROM explained_pods LEFT JOIN pods USING (pid) ORDER BY part, hour, step, item, pid",
        )
        for row in rows:
            step, item = row["step"], row["item"]
            if step == "idle_in_cluster":
                of: Evidence = Total(tuple(self._idle(lines, each) for each in self._idle_of[item]))
            elif step == "idle_on_node":
                of = self._idle(lines, item)
            else:
                of = self._item(lines, item)
            row["day"] = row["hour"].date()
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
        rows = records(self.session, "SELECT * FROM explained_items")
        return {row["item"]: row for row in rows}

    @cached_property
    def _idle_of(self) -> Mapping[int, list[int]]:
        """Of a cluster's idle part, the nodes' that it is summed from."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        rows = records(self.session, "SELECT * FROM explained_idle ORDER BY cluster_item, item")
        for row in rows:
            found[row["cluster_item"]].append(row["item"])
        return found

    @cached_property
    def _weights(self) -> Mapping[str, Mapping[int, Mapping[str, int]]]:
        """By step and what it splits, those of all recipients in the order of their names."""
        found: defaultdict[str, defaultdict[int, dict[str, int]]]
        found = defaultdict(lambda: defaultdict(dict))
        for step, asked in _ASKED.items():
            rows = self.session.execute(
                f"SELECT item, recipient, weight FROM {step}_weights"
                f" WHERE item IN ({asked}) ORDER BY recipient"
            ).fetchall()
            for item, recipient, weight in rows:
                found[step][item][recipient] = int(weight)
        return found
