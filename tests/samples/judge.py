"""One set of data through the product, beside what the oracle says of it."""

import re
import shutil
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

import yaml

from services.attribution.domain.proof import side_of
from services.attribution.engine import Run, attribute
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import parse_configuration
from shared.exact import EXACT
from shared.faults import BadInput, Fault, ProofFailed
from shared.periods import Month
from tests.samples import oracle
from tests.trueback_command import trueback

Verdict = Literal["taken", "refused", "wrong_totals", "wrong_owners", "unexpected", "crashes"]
FAULTS: Final[tuple[Verdict, ...]] = ("wrong_totals", "wrong_owners", "unexpected", "crashes")
_MEMORY_MB: Final = 512
_ROUNDED: Final = Decimal("1E-10")
_HASH: Final = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


@dataclass(frozen=True)
class Sample:
    """A bill as somebody's program made it, and what has to become of it.

    `refusal`: words of the reason for which it must be refused; empty where it must be taken, None
    where a person judges. `shares`: what of the total is whose, where workloads say it. `costs` is
    what the oracle reads, where it is not the whole of `bill`. `first_run_refusal`: the same words
    of a run without a ruleset, which asks for more columns than this one's `cost`.
    """

    title: str
    bill: Path
    period: str
    cost: str = "BilledCost"
    label: str = ""
    currency: str = "USD"
    workloads: Path | None = None
    shares: Mapping[str, Decimal] | None = None
    refusal: str | None = ""
    costs: Path | None = None
    first_run_refusal: str = ""


@dataclass(frozen=True)
class Judged:
    sample: Sample
    verdict: Verdict
    lines: int = 0
    total: Decimal | None = None
    """As the oracle says."""
    reason: str = ""


def judge(sample: Sample, work: Path) -> Judged:
    shutil.rmtree(work, ignore_errors=True)
    try:
        snapshot = _snapshot(sample, work)
        costs = sample.costs or sample.bill
        answer = oracle.read(costs, period=sample.period, cost=sample.cost, label=sample.label)
        run = _run(sample, snapshot, work, [name for name in answer.owners if name])
    except BadInput as fault:
        return Judged(sample, *_of_refusal(sample, fault))
    except ProofFailed as fault:
        return Judged(sample, "wrong_totals", reason=fault.message)
    except Fault as fault:
        return Judged(sample, "unexpected", reason=str(fault))
    except Exception:  # noqa: BLE001 - whatever is no Fault is what is looked for
        return Judged(sample, "crashes", reason=traceback.format_exc(limit=-3))
    verdict, why = _compared(sample, answer, snapshot, run)
    if verdict == "taken" and sample.cost == "BilledCost":
        verdict, why = _first_run(sample, work)
    return Judged(sample, verdict, answer.lines, answer.total, why)


def _first_run(sample: Sample, work: Path) -> tuple[Verdict, str]:
    """Without a ruleset, as somebody does who tries the product: it must end in a proof."""
    asked = ("--bill", str(sample.bill), "--period", sample.period, "--out", str(work / "first"))
    done = trueback(work, "attribute", *asked)
    if sample.first_run_refusal:
        is_refused = done.returncode and sample.first_run_refusal in done.stderr
        return ("taken", "") if is_refused else ("unexpected", f"first run: {done.stderr}")
    return ("unexpected", f"first run: {done.stderr}") if done.returncode else ("taken", "")


def _of_refusal(sample: Sample, fault: BadInput) -> tuple[Verdict, int, None, str]:
    is_expected = sample.refusal is None or (sample.refusal and sample.refusal in fault.message)
    place = f"row {fault.row}, {fault.field}: " if fault.row else ""
    reason = _HASH.sub("…", f"{place}{fault.message} {fault.remedy}")
    return ("refused" if is_expected else "unexpected"), 0, None, reason


def _snapshot(sample: Sample, work: Path) -> Snapshot:
    period = Month.parse(sample.period)
    return normalise(
        find_delivery(sample.bill, period=period),
        period=period,
        out_dir=work / "snapshot",
        scratch_dir=work / "scratch",
        memory_limit_mb=_MEMORY_MB,
    )


def _run(sample: Sample, snapshot: Snapshot, work: Path, owners: Sequence[str]) -> Run:
    keys = sorted({*owners, *(sample.shares or {})})
    label = "k8s.label:tenant" if sample.workloads else f"tag:{sample.label}"
    ruleset = {
        "version": 1,
        "currency": sample.currency,
        "cost": sample.cost,
        "tenants": [{"key": key} for key in keys],
        **({"labels": {"tenant": [label]}} if keys else {}),
    }
    return attribute(
        snapshot_parts=snapshot.parts,
        raw_totals=snapshot.raw_totals,
        config=parse_configuration(yaml.safe_dump(ruleset)),
        signals=[],
        workloads=[sample.workloads] if sample.workloads else [],
        period=Month.parse(sample.period),
        out_dir=work / "run",
        scratch_dir=work / "scratch",
        run_id="run-1",
        memory_limit_mb=_MEMORY_MB,
        unreadable=snapshot.unreadable,
    )


def _compared(
    sample: Sample, answer: oracle.Answer, snapshot: Snapshot, run: Run
) -> tuple[Verdict, str]:
    owners = _owners(run)
    if sample.refusal:
        return "unexpected", f"taken, and must be refused: {sample.refusal}"
    if snapshot.raw_row_count != answer.lines:
        return "wrong_totals", f"{snapshot.raw_row_count} lines of {answer.lines}"
    if run.proof.input_total != answer.total:
        return "wrong_totals", f"{run.proof.input_total} of {answer.total}"
    expected, slack = answer.owners, Decimal(0)
    if sample.shares is not None:
        # A line's parts are rounded each, so that they sum to the line.
        expected, slack = oracle.shared_by(answer, sample.shares), _ROUNDED * answer.lines
    off = {
        name: (owners.get(name, 0), expected.get(name, 0))
        for name in {*owners, *expected}
        if abs(owners.get(name, Decimal(0)) - expected.get(name, Decimal(0))) > slack
    }
    if sum(owners.values()) != sum(expected.values()):
        return "wrong_totals", f"{sum(owners.values())} of {sum(expected.values())}"
    return ("wrong_owners", f"{off}") if off else ("taken", "")


def _owners(run: Run) -> dict[str, Decimal]:
    owners: dict[str, Decimal] = {}
    for each in run.statements:
        name = each.tenant if side_of(each.tenant) == "attributed" else oracle.NOBODY
        owners[name] = EXACT.add(owners.get(name, Decimal(0)), each.amount)
    return {name: amount for name, amount in owners.items() if amount}
