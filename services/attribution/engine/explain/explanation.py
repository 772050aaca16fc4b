"""Why an amount of a run is what it is: the same split once more, and then its evidence.

Nothing is kept of a run for this: the same inputs give the same tables, so that any run can be
explained from what it was made of. The bill is read again for its lines.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from services.attribution.domain.evidence import (
    Evidence,
    Explanation,
    LineEvidence,
    Part,
    Provenance,
    Selection,
    total_of,
)
from services.attribution.domain.proof import plain
from services.attribution.engine.attribute import Attribution, open_attribution
from services.attribution.engine.explain.lines import evidence_of_lines
from services.attribution.engine.explain.pods import PodEvidence
from services.attribution.engine.explain.pools import PoolEvidence
from services.attribution.engine.pools.pool_split import facts_of_pools, parts_of_pools
from services.attribution.engine.tables import create_table
from shared.columnar import Session
from shared.configuration import ruleset_digest
from shared.configuration.models import Configuration
from shared.faults import Fault, ProofFailed
from shared.money import from_quanta
from shared.periods import Month
from shared.sql.scripts import Row, records, run_script

_SELECTION = {
    "tenant": "VARCHAR",
    "charge_group": "VARCHAR",
    "method": "VARCHAR",
    "service": "VARCHAR",
    "account": "VARCHAR",
    "day": "DATE",
    "rule": "VARCHAR",
}

_DESCRIBED = (
    *("service", "account", "region", "charge_category", "rule", "driver"),
    *("reason", "tag_key", "tag_value"),
)
_SHOWN = 5


class NothingToExplain(Fault):
    """The run has no such amount."""


def explain(
    *,
    snapshot_parts: Sequence[Path],
    config: Configuration,
    signals: Sequence[Path],
    workloads: Sequence[Path] = (),
    period: Month,
    selection: Selection,
    scratch_dir: Path,
    provenance: Provenance | None = None,
    rows_max: int = 5,
    memory_limit_mb: int = 1024,
) -> Explanation:
    """At most `rows_max` bill lines and signal rows are named per part, the largest; all count.

    Without a `provenance` the run is named as `attribute` names one.
    Raises NothingToExplain; BadConfiguration or BadInput as `attribute` does; and ProofFailed
    where the evidence does not give the amount.
    """
    with open_attribution(
        config=config, period=period, scratch_dir=scratch_dir, memory_limit_mb=memory_limit_mb
    ) as attribution:
        attribution.split(snapshot_parts, signals, workloads)
        return explain_split(attribution, selection, provenance=provenance, rows_max=rows_max)


def explain_split(
    attribution: Attribution,
    selection: Selection,
    *,
    provenance: Provenance | None = None,
    rows_max: int = 5,
) -> Explanation:
    """Of a bill that is split. Leaves the tables of the split, and replaces its own."""
    config = attribution.config
    return Explanation(
        selection=selection,
        period=str(attribution.period),
        currency=config.currency,
        cost_measure=config.cost,
        provenance=provenance or Provenance(attribution.name_of_content(), ruleset_digest(config)),
        lines=tuple(_lines(attribution, selection, rows_max)),
    )


def _lines(attribution: Attribution, selection: Selection, rows_max: int) -> Iterator[LineEvidence]:
    session, scratch_dir = attribution.session, attribution.work_dir
    asked = [getattr(selection, name) for name in _SELECTION]
    create_table(session, "selection", _SELECTION, [asked], scratch_dir=scratch_dir)
    names = {"pooled": parts_of_pools(), "pool_facts": facts_of_pools()}
    run_script(session, __package__, "explained.sql", names)
    amounts = run_script(session, __package__, "selected_amounts.sql").fetchall()
    if not amounts:
        raise _nothing(session, selection)
    facts = _facts(attribution, rows_max)
    pools = PoolEvidence(session, attribution.config, scratch_dir, rows_max)
    cells = {part: total_of([each for _, each in listed]) for part, listed in facts.items()}
    parts: defaultdict[tuple[str, str], list[Part]] = defaultdict(list)
    for row, evidence in chain(_taken_whole(session, facts), pools.of(cells)):
        parts[row["charge_group"], row["method"]].append(_part(row, evidence))
    for charge_group, method, quanta in amounts:
        line = LineEvidence(charge_group, method, int(quanta), tuple(parts[charge_group, method]))
        if not line.holds:
            raise _unexplained(line, attribution.config.currency)
        yield line


def _facts(attribution: Attribution, rows_max: int) -> Mapping[str, list[tuple[Row, Evidence]]]:
    """By part: its bill lines, and what pods got of nodes."""
    session, keys = attribution.session, attribution.keys
    pods = PodEvidence(session) if keys.has_workloads else None
    if pods is not None:
        pods.want()
    lines = evidence_of_lines(session, keys.names, rows_max, of_pods=pods is not None)
    facts: defaultdict[str, list[tuple[Row, Evidence]]] = defaultdict(list)
    for part, evidence in lines.items():
        facts[part].append(({}, evidence))
    if pods is not None:
        for row, share in pods.of(lines):
            facts[row["part"]].append((row, share))
    return facts


def _taken_whole(
    session: Session, facts: Mapping[str, list[tuple[Row, Evidence]]]
) -> Iterator[tuple[Row, Evidence]]:
    for group in records(run_script(session, __package__, "groups_taken_whole.sql")):
        for of_fact, evidence in facts[f"group {group['number']}"]:
            yield group | of_fact, evidence


def _part(row: Row, evidence: Evidence) -> Part:
    return Part(
        **{name: row[name] for name in _DESCRIBED},
        day=row.get("day"),
        start=row.get("bucket") or row.get("started_at"),
        place=row.get("place", ""),
        pods=row.get("pods", ""),
        evidence=evidence,
    )


def _nothing(session: Session, selection: Selection) -> NothingToExplain:
    tenant = selection.tenant
    amounts: defaultdict[str, list[str]] = defaultdict(list)
    rows = run_script(session, __package__, "what_there_is.sql").fetchall()
    for name, charge_group, method in rows:
        amounts[name].append(f"{charge_group} by {method}")
    if tenant in amounts:
        return NothingToExplain(
            f"{tenant!r} has no such amount.", remedy=f"It has {', '.join(amounts[tenant])}."
        )
    near = difflib.get_close_matches(tenant, amounts, n=_SHOWN) or list(amounts)[:_SHOWN]
    return NothingToExplain(f"nothing of the run is {tenant!r}.", remedy=f"Try {', '.join(near)}.")


def _unexplained(line: LineEvidence, currency: str) -> ProofFailed:
    given = plain(from_quanta(sum(part.quanta for part in line.parts)))
    return ProofFailed(
        f"the evidence of {line.charge_group} by {line.method} gives {given} {currency}, the run"
        f" has {plain(from_quanta(line.quanta))}.",
        remedy="Report this with the bill's format; no explanation was given.",
    )
