"""One mutated delivery through the product, in this process, and what the oracle says of it."""

import random
import shutil
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import duckdb

from services.attribution.domain.proof import side_of
from services.attribution.domain.tenants import TenantDirectory
from services.attribution.engine import Run, attribute
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import parse_configuration
from shared.exact import EXACT
from shared.faults import Fault, ProofFailed
from shared.findings import Finding
from shared.periods import Month
from tests.fuzz.bills import oracle
from tests.fuzz.bills.mutations import BOMBS_EVERY, MUTATIONS, bombs
from tests.fuzz.bills.tables import FORMATS, MONTH

Verdict = Literal["accepted", "rejected", "silent_wrong", "half_imported", "crashes"]
_CONFIG: Final = parse_configuration("""
version: 1
currency: USD
cost: BilledCost
tenants: [{key: acme, aliases: [acme-corp]}, {key: globex}]
labels: {tenant: ["tag:customer"]}
""")
_DIRECTORY: Final = TenantDirectory(_CONFIG)
_WHOLE_EVERY: Final = 8
"""Of so many one is attributed as well, which takes five times as long as taking a bill."""
_PERIOD: Final = Month.parse(MONTH)
_MEMORY_MB: Final = 256
# They say of a line that its owner or amount is not what stands there: whoever reads them knows.
_OF_OWNERS: Final = frozenset(["alike-value", "near-value", "unreadable-tags", "tag-twice"])


@dataclass(frozen=True)
class Judged:
    verdict: Verdict
    what: str = ""
    """Of a delivery that must not be judged so: which one, and why."""


def judge(number: int, seed: int, work: Path) -> Judged:
    """The delivery of this number is the same in every slice of every run with the seed."""
    chance = random.Random(f"{seed}:{number}")  # noqa: S311 - a run has to repeat
    form = chance.choice(FORMATS)
    weights = [weight for weight, _ in MUTATIONS]
    [mutate] = chance.choices([mutation for _, mutation in MUTATIONS], weights)
    if number % BOMBS_EVERY == BOMBS_EVERY - 1:
        mutate = bombs
    shutil.rmtree(work, ignore_errors=True)
    root = work / "bill"
    root.mkdir(parents=True)
    answer = oracle.read(bill := mutate(chance, root, form))
    found = judged(answer, bill, work, is_whole=number % _WHOLE_EVERY == 0)
    named = f"{number} of seed {seed}, {form.name}, {mutate.__qualname__}: {found.what}"
    return Judged(found.verdict, named if found.what else "")


def judged(answer: oracle.Answer, bill: Path, work: Path, *, is_whole: bool) -> Judged:
    out, snapshot_dir = work / "out", work / "snapshot"
    try:
        snapshot = normalise(
            find_delivery(bill, period=_PERIOD),
            period=_PERIOD,
            out_dir=snapshot_dir,
            scratch_dir=work / "scratch",
            memory_limit_mb=_MEMORY_MB,
        )
        if not is_whole:
            return _compared(answer, snapshot, _owners_of_snapshot(snapshot), snapshot.findings)
        run = attribute(
            snapshot_parts=snapshot.parts,
            raw_totals=snapshot.raw_totals,
            config=_CONFIG,
            signals=[],
            period=_PERIOD,
            out_dir=out,
            scratch_dir=work / "scratch",
            run_id="run-1",
            memory_limit_mb=_MEMORY_MB,
        )
    except ProofFailed as fault:
        return Judged("half_imported", str(fault))
    except Fault as fault:
        if left := [path.name for path in (*out.glob("*"), *snapshot_dir.glob("*.parquet"))]:
            return Judged("half_imported", f"refused ({fault}), and left {left}")
        return Judged("rejected")
    except Exception:  # noqa: BLE001 - whatever is no Fault is what is looked for
        return Judged("crashes", traceback.format_exc(limit=-3))
    findings = (*snapshot.findings, *run.findings)
    return _compared(answer, snapshot, _owners_of_run(run), findings)


def _compared(
    answer: oracle.Answer,
    snapshot: Snapshot,
    owners: Mapping[str, Decimal],
    findings: Sequence[Finding],
) -> Judged:
    if answer.refusal:
        return Judged("silent_wrong", f"taken, and must be refused: {answer.refusal}")
    if answer.owners is None:
        return Judged("accepted")
    if snapshot.raw_row_count != answer.rows:
        return Judged("half_imported", f"{snapshot.raw_row_count} rows of {answer.rows}")
    if owners == answer.owners or {finding.kind for finding in findings} & _OF_OWNERS:
        return Judged("accepted")
    return Judged("silent_wrong", f"{_shown(owners)}, not {_shown(answer.owners)}")


def _owners_of_run(run: Run) -> dict[str, Decimal]:
    return _summed(
        (each.tenant if side_of(each.tenant) == "attributed" else oracle.NOBODY, each.amount)
        for each in run.statements
    )


def _owners_of_snapshot(snapshot: Snapshot) -> dict[str, Decimal]:
    """As its tags and costs say: what a run of this ruleset does, in a tenth of the time."""
    files = [str(path) for path in snapshot.parts]
    with duckdb.connect() as session:
        query = "SELECT Tags['customer'], BilledCost FROM read_parquet($files)"
        rows = session.execute(query, {"files": files}).fetchall()
    return _summed((_DIRECTORY.key_of(tag or "") or oracle.NOBODY, cost) for tag, cost in rows)


def _summed(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    owners: dict[str, Decimal] = {}
    for owner, amount in amounts:
        owners[owner] = EXACT.add(owners.get(owner, Decimal(0)), amount)
    return {owner: amount for owner, amount in owners.items() if amount}


def _shown(owners: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{owner} {amount}" for owner, amount in sorted(owners.items())) or "nobody"
