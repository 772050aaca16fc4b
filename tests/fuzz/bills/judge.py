"""Mutated deliveries through the product, in this process, and what the oracle says of them.

Each is taken for itself; then those that were taken are attributed together, each as a source of
its own, since a run takes longer than what it does with a few lines. Where a run refuses or does
not agree with the oracle, its deliveries are attributed and judged by themselves.
"""

import shutil
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import pyarrow.parquet as pq  # noqa: TID251 - as a reader of our files would

from services.attribution.domain.proof import side_of
from services.attribution.engine import Run, attribute
from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.inputs.needed_columns import check_readable
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import parse_configuration
from shared.exact import EXACT
from shared.faults import Fault, ProofFailed
from shared.periods import Month
from tests.fuzz.bills import oracle
from tests.fuzz.bills.plan import planned
from tests.fuzz.bills.tables import MONTH

Verdict = Literal["accepted", "rejected", "silent_wrong", "half_imported", "crashes"]
MEMORY_MB: Final = 128
_CONFIG: Final = parse_configuration("""
version: 1
currency: USD
cost: BilledCost
tenants: [{key: acme, aliases: [acme-corp]}, {key: globex}]
labels: {tenant: ["tag:customer"]}
""")
_PERIOD: Final = Month.parse(MONTH)
_TOGETHER: Final = 25
_PREPARED_EVERY: Final = 4
"""Of so many runs one prepares its inputs, which takes four times as long as all of a run."""
# They say of a line that its owner or amount is not what stands there: whoever reads them knows.
_OF_OWNERS: Final = frozenset(["alike-value", "near-value", "unreadable-tags", "tag-twice"])


@dataclass(frozen=True)
class Judged:
    verdict: Verdict
    what: str = ""
    """Of a delivery that must not be judged so: why."""


@dataclass(frozen=True)
class Taken:
    """A delivery of which there is a snapshot, under the source's name that it has there."""

    number: int
    source: str
    answer: oracle.Answer
    snapshot: Snapshot


def judge(numbers: Iterable[int], seed: int, work: Path) -> Iterator[tuple[int, Judged]]:
    """Whatever numbers are judged with it, a delivery is the same in every run with the seed."""
    taken: list[Taken] = []
    for number in numbers:
        plan = planned(number, seed)
        bill = emptied(work / "bill")
        bill = plan.kind.mutate(plan.chance, bill, plan.form)
        found = take(number, bill, work, source=f"bill-{len(taken)}")
        if isinstance(found, Judged):
            yield number, found
            continue
        taken.append(found)
        if len(taken) == _TOGETHER:
            yield from judge_taken(taken, work)
            taken.clear()
    yield from judge_taken(taken, work)


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def take(number: int, bill: Path, work: Path, *, source: str) -> Taken | Judged:
    answer = oracle.read(bill)
    snapshot_dir = emptied(work / "snapshot")
    try:
        snapshot = normalise(
            find_delivery(bill, period=_PERIOD),
            period=_PERIOD,
            out_dir=snapshot_dir,
            scratch_dir=work / "scratch",
            memory_limit_mb=MEMORY_MB,
            source=source,
        )
    except Exception as fault:  # noqa: BLE001 - whatever is no Fault is what is looked for
        return _refused(fault, snapshot_dir)
    if answer.refusal:
        return Judged("silent_wrong", f"taken, and must be refused: {answer.refusal}")
    if answer.owners is not None and snapshot.raw_row_count != answer.rows:
        return Judged("half_imported", f"{snapshot.raw_row_count} rows of {answer.rows}")
    # Out of the way of the next: a folder of one name has statements that are parsed already.
    kept = emptied(work / "kept" / source)
    parts = [part.replace(kept / part.name) for part in snapshot.parts]
    return Taken(number, source, answer, replace(snapshot, parts=tuple(parts)))


def judge_taken(taken: Sequence[Taken], work: Path) -> Iterator[tuple[int, Judged]]:
    if not taken:
        return
    out_dir = emptied(work / "run")
    try:
        run = _attributed(taken, out_dir, work / "scratch")
    except Exception as fault:  # noqa: BLE001 - as above
        if len(taken) > 1:
            yield from _in_halves(taken, work, fault)
        else:
            yield taken[0].number, _refused(fault, out_dir)
        return
    owners = _owners(out_dir / "allocations.parquet")
    for each in taken:
        theirs = owners.get(each.source, {})
        if each.answer.owners in (None, theirs):
            yield each.number, Judged("accepted")
        elif len(taken) > 1:
            yield from judge_taken([each], work)
        else:
            yield each.number, _differing(each, theirs, run)


def _attributed(taken: Sequence[Taken], out_dir: Path, scratch_dir: Path) -> Run:
    """Straight from the lines, as with workloads; or from what is prepared of each part."""
    parts = [part for each in taken for part in each.snapshot.parts]
    raw_totals = [total for each in taken for total in each.snapshot.raw_totals]
    unreadable = [column for each in taken for column in each.snapshot.unreadable]
    if taken[0].number % _PREPARED_EVERY and len(taken) > 1:
        check_readable(unreadable, _CONFIG, has_workloads=False)
        with open_attribution(
            config=_CONFIG, period=_PERIOD, scratch_dir=scratch_dir, memory_limit_mb=MEMORY_MB
        ) as attribution:
            findings = attribution.split(parts, signals=[])
            return attribution.finish(out_dir, "run-1", raw_totals, findings)
    return attribute(
        snapshot_parts=parts,
        raw_totals=raw_totals,
        unreadable=unreadable,
        config=_CONFIG,
        signals=[],
        period=_PERIOD,
        out_dir=out_dir,
        scratch_dir=scratch_dir,
        run_id="run-1",
        memory_limit_mb=MEMORY_MB,
    )


def _in_halves(
    taken: Sequence[Taken], work: Path, fault: Exception
) -> Iterator[tuple[int, Judged]]:
    """The refusal of a run is one of its deliveries', or a fault of taking them together."""
    middle = len(taken) // 2
    judged = [*judge_taken(taken[:middle], work), *judge_taken(taken[middle:], work)]
    if all(found.verdict == "accepted" for _, found in judged):
        number, _ = judged[0]
        judged[0] = number, Judged("crashes", f"with {taken[-1].number} and between: {fault!r}")
    yield from judged


def _refused(fault: Exception, out_dir: Path) -> Judged:
    if isinstance(fault, ProofFailed):
        return Judged("half_imported", str(fault))
    if not isinstance(fault, Fault):
        return Judged("crashes", "".join(traceback.format_exception(fault, limit=-3)))
    if left := [path.name for path in out_dir.iterdir()]:
        return Judged("half_imported", f"refused ({fault}), and left {left}")
    return Judged("rejected")


def _owners(allocations: Path) -> dict[str, dict[str, Decimal]]:
    """By source, what each owner has; whoever is nobody's is put together, however he is named."""
    table = pq.read_table(allocations, columns=["source", "tenant", "amount"])
    sums = table.group_by(["source", "tenant"]).aggregate([("amount", "sum")])
    owners: dict[str, dict[str, Decimal]] = {}
    for row in sums.to_pylist():
        is_tenant = side_of(row["tenant"]) == "attributed"
        name = row["tenant"] if is_tenant else oracle.NOBODY
        theirs = owners.setdefault(row["source"], {})
        theirs[name] = EXACT.add(theirs.get(name, Decimal(0)), row["amount_sum"])
    return {
        source: {name: amount for name, amount in theirs.items() if amount}
        for source, theirs in owners.items()
    }


def _differing(taken: Taken, owners: Mapping[str, Decimal], run: Run) -> Judged:
    findings = (*taken.snapshot.findings, *run.findings)
    if {finding.kind for finding in findings} & _OF_OWNERS:
        return Judged("accepted")
    expected = taken.answer.owners or {}
    return Judged("silent_wrong", f"{_shown(owners)}, not {_shown(expected)}")


def _shown(owners: Mapping[str, Decimal]) -> str:
    return ", ".join(f"{owner} {amount}" for owner, amount in sorted(owners.items())) or "nobody"
