"""Each key to its claim: rules, labels, pools and defaults, once per distinct thing they see."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from services.attribution.domain.claims import Claim, Claims
from services.attribution.domain.driver_levels import driver_scopes
from services.attribution.domain.lines import LineKey, matches_bill
from services.attribution.engine.claims.key_columns import KeyColumns
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.sql.expressions import identifier, listed_values, names, qualified
from shared.sql.scripts import run_script

_BATCH: Final = 10_000
"""Keys in Python at once; there may be millions."""
_CLAIM_COLUMNS: Final = {
    "kind": "VARCHAR",
    "recipient": "VARCHAR",
    "method": "VARCHAR",
    "rule": "VARCHAR",
    "reason": "VARCHAR",
    "tag_key": "VARCHAR",
    "tag_value": "VARCHAR",
    "also_matched": "VARCHAR",
    "unknown_value": "VARCHAR",
    "is_divided": "BOOLEAN",
}


@dataclass(frozen=True)
class ClaimedKeys:
    session: Session
    columns: KeyColumns
    scratch_dir: Path

    def claim_lines(self) -> None:
        """`line_claims` of `line_keys`, and `scopes`: the lines whose cost a driver looks at."""
        visible = names(self.columns.visible)
        run_script(self.session, __package__, "visible_keys.sql", {"visible": visible})
        types = {"vid": "BIGINT"} | _CLAIM_COLUMNS
        create_table(
            self.session, "visible_claims", types, self._claims(), scratch_dir=self.scratch_dir
        )
        run_script(
            self.session,
            __package__,
            "line_claims.sql",
            {"visible": visible, "dimensions": self.columns.line_dimensions},
        )
        create_table(
            self.session,
            "scopes",
            {"scope": "VARCHAR", "vid": "BIGINT", "counts_all": "BOOLEAN"},
            self._scopes(),
            scratch_dir=self.scratch_dir,
        )

    def claim_pods(self, pods: PodKeys) -> None:
        """`pod_claims` for the pairs (vid, pid) of the table `pod_pairs`."""
        types = {"vid": "BIGINT", "pid": "BIGINT"} | _CLAIM_COLUMNS
        rows = self._pod_claims(pods)
        create_table(self.session, "pod_claims", types, rows, scratch_dir=self.scratch_dir)

    def _claims(self) -> Iterator[Sequence[object]]:
        claims = Claims(self.columns.config)
        for vid, line in self._visible_lines():
            yield vid, *_values(claims.of(line))

    def _scopes(self) -> Iterator[Sequence[object]]:
        scopes = driver_scopes(self.columns.config)
        for vid, line in self._visible_lines() if scopes else ():
            for name, scope in scopes.items():
                if scope.lines is None or matches_bill(scope.lines, line):
                    yield name, vid, scope.counts_all

    def _visible_lines(self) -> Iterator[tuple[int, LineKey]]:
        visible = names(self.columns.visible)
        result = run_script(self.session, __package__, "visible_lines.sql", {"visible": visible})
        while batch := result.fetchmany(_BATCH):
            for vid, *values in batch:
                yield vid, self.columns.line(values)

    def _pod_claims(self, pods: PodKeys) -> Iterator[Sequence[object]]:
        claims = Claims(self.columns.config)
        width = len(self.columns.visible)
        result = run_script(
            self.session,
            __package__,
            "visible_pods.sql",
            {
                "visible": listed_values(
                    qualified("visible_keys", name) for name in self.columns.visible
                ),
                "pod_columns": listed_values(qualified("pods", name) for name in pods.columns),
            },
        )
        while batch := result.fetchmany(_BATCH):
            for vid, pid, *values in batch:
                pod = pods.of(dict(zip(pods.columns, values[width:], strict=True)))
                line = replace(self.columns.line(values[:width]), pod=pod)
                yield vid, pid, *_values(claims.of(line))


def use_lines(session: Session) -> None:
    """The views `keys`, `claims` and `facts` that all that follows reads, of the bill's lines."""
    _use(session, {"keys": "line_keys", "claims": "line_claims", "facts": "line_facts"})


def use_divided(session: Session) -> None:
    """The same where pods divide lines: of the parts, and of the lines that stay whole."""
    _use(session, {"keys": "divided_keys", "claims": "divided_claims", "facts": "divided_facts"})


def _use(session: Session, tables: Mapping[str, str]) -> None:
    names = {name: identifier(table) for name, table in tables.items()}
    run_script(session, __package__, "claimed.sql", names)


def _values(claim: Claim) -> Sequence[object]:
    return (
        claim.kind,
        claim.recipient,
        claim.method,
        claim.rule,
        claim.reason,
        claim.tag_key,
        claim.tag_value,
        ", ".join(claim.also_matched),
        claim.unknown_value,
        claim.is_divided,
    )
