# ruff: noqa: S608 - names and texts in SQL go through identifier() and literal()
"""One run: every line of a snapshot to its tenant, exactly, with the proof that it all came out."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.attribution.domain.proof import Proof, plain, prove
from services.attribution.engine.claims.key_dictionary import KeyDictionary
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.inputs.preflight import (
    refuse_what_can_not_be_done,
    unheard_meters,
    unused_settings,
)
from services.attribution.engine.inputs.reference_tables import create_registers
from services.attribution.engine.inputs.signals import SignalTables
from services.attribution.engine.inputs.smoothing import smooth_commitments
from services.attribution.engine.inputs.split_costs import SplitCosts, find_split_costs
from services.attribution.engine.inputs.workloads import WorkloadTables
from services.attribution.engine.output.outputs import (
    Outputs,
    results_digest,
    sum_results,
    write_proof,
    write_tables,
)
from services.attribution.engine.pods.pod_split import PodSplit
from services.attribution.engine.pools.pool_split import PoolSplit
from services.attribution.engine.prepared.facts import PreparedFacts
from services.attribution.engine.prepared.kept_results import KeptResults
from services.attribution.engine.prepared.preparation import (
    PreparedInputs,
    kept_or_scratch,
    prepare,
)
from services.attribution.engine.result import Run
from services.attribution.engine.tables import create_table
from shared.columnar import Session, open_session, parquet_scan
from shared.configuration import ruleset_digest
from shared.configuration.models import Configuration
from shared.contracts.raw_totals import RawTotal
from shared.faults import ProofFailed
from shared.findings import Finding
from shared.money import from_units
from shared.periods import Month


def attribute(
    *,
    snapshot_parts: Sequence[Path],
    raw_totals: Sequence[RawTotal],
    config: Configuration,
    signals: Sequence[Path],
    workloads: Sequence[Path] = (),
    period: Month,
    out_dir: Path,
    scratch_dir: Path,
    prepared_dir: Path | None = None,
    run_id: str | None = None,
    memory_limit_mb: int = 1024,
) -> Run:
    """Writes the output folder of the design's section 8 into `out_dir`.

    What is prepared of the inputs, and what came out by day, is kept in `prepared_dir`, if there is
    one, and taken from there the next time; where pods divide lines, by workloads or by split cost
    rows, the inputs are read as they are and nothing is kept.
    Without a `run_id` the run is named by what came out and by its ruleset: the same bill gives
    the same bytes in whichever format it was delivered.
    `raw_totals` are ingestion's control totals of the raw files, the bill's side of the proof.
    Raises BadConfiguration or BadInput, or ProofFailed after writing nothing but `proof.json`.
    """
    with kept_or_scratch(prepared_dir, scratch_dir) as home:
        prepared = None
        if not workloads:
            prepared = prepare(
                snapshot_parts=snapshot_parts,
                signals=signals,
                config=config,
                period=period,
                prepared_dir=home,
                scratch_dir=scratch_dir,
                memory_limit_mb=memory_limit_mb,
            )
        if prepared is not None:
            return attribute_prepared(
                prepared=prepared,
                raw_totals=raw_totals,
                config=config,
                period=period,
                out_dir=out_dir,
                scratch_dir=scratch_dir,
                results_dir=prepared_dir,
                run_id=run_id,
                memory_limit_mb=memory_limit_mb,
            )
        shutil.rmtree(home, ignore_errors=True)  # nothing of it is of use to this bill
    with open_attribution(
        config=config, period=period, scratch_dir=scratch_dir, memory_limit_mb=memory_limit_mb
    ) as attribution:
        findings = attribution.split(snapshot_parts, signals, workloads)
        return attribution.finish(out_dir, run_id, raw_totals, findings)


def attribute_prepared(
    *,
    prepared: PreparedInputs,
    raw_totals: Sequence[RawTotal],
    config: Configuration,
    period: Month,
    out_dir: Path,
    scratch_dir: Path,
    results_dir: Path | None = None,
    run_id: str | None = None,
    memory_limit_mb: int = 1024,
) -> Run:
    """The same from what `prepare` made of the inputs for this ruleset.

    With `results_dir` only those days are computed whose inputs changed since a run left its
    results there, and this run leaves its own.
    """
    with open_attribution(
        config=config, period=period, scratch_dir=scratch_dir, memory_limit_mb=memory_limit_mb
    ) as attribution:
        kept = KeptResults(attribution.session, config, period, results_dir)
        findings = attribution.split_prepared(prepared, kept)
        run = attribution.finish(out_dir, run_id, raw_totals, findings)
        kept.keep()
        return run


@contextmanager
def open_attribution(
    *, config: Configuration, period: Month, scratch_dir: Path, memory_limit_mb: int
) -> Iterator["Attribution"]:
    work_dir = scratch_dir / "attribute"
    shutil.rmtree(work_dir, ignore_errors=True)
    work_dir.mkdir(parents=True)
    try:
        with open_session(scratch_dir=work_dir, memory_limit_mb=memory_limit_mb) as session:
            yield Attribution(session, config, period, work_dir)
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


@dataclass(frozen=True)
class Attribution:
    """The split of a bill in a session; whoever splits it again gets the same tables."""

    session: Session
    config: Configuration
    period: Month
    work_dir: Path

    def split(
        self,
        snapshot_parts: Sequence[Path],
        signals: Sequence[Path],
        workloads: Sequence[Path] = (),
    ) -> list[Finding]:
        """Straight from the inputs, every fact by its hour."""
        split_costs = find_split_costs(self.session, parquet_scan(snapshot_parts))
        if self.config.commitments == "smoothed":
            snapshot_parts = smooth_commitments(self.session, snapshot_parts, self.work_dir)
        has_workloads = bool(workloads or split_costs)
        refuse_what_can_not_be_done(self.config, has_workloads=has_workloads)
        pools = self._create_registers()
        SignalTables(self.session, self.config, self.period, self.work_dir).load(signals)
        findings = list(unused_settings(self.config, has_workloads=has_workloads))
        findings += self._claim(snapshot_parts, workloads, split_costs)
        return [*findings, *self._split(pools, "facts")]

    def split_prepared(self, prepared: PreparedInputs, kept: KeptResults) -> list[Finding]:
        """What came out earlier for days that are as they were is taken as it is."""
        refuse_what_can_not_be_done(self.config, has_workloads=False)
        pools = self._create_registers()
        findings = list(unused_settings(self.config, has_workloads=False))
        facts = PreparedFacts(self.session, self.config, self.work_dir, prepared)
        facts.load_usage()
        kept.find_due_days(prepared)
        facts.load_keys()
        facts.load_facts()
        if not kept.is_of_use():
            facts.load_facts()
        return [*findings, *self._split(pools, prepared.scan("days"))]

    def _create_registers(self) -> PoolSplit:
        create_registers(self.session, self.config, self.period, self.work_dir)
        pools = PoolSplit(self.session, self.config, self.work_dir)
        pools.create_pool_tables()
        return pools

    def _split(self, pools: PoolSplit, costs: str) -> Iterator[Finding]:
        """`costs` has the units by `kid` of the whole bill."""
        pools.split()
        sum_results(self.session)
        yield from self._findings(costs)

    def _claim(
        self,
        snapshot_parts: Sequence[Path],
        workloads: Sequence[Path],
        split_costs: SplitCosts | None,
    ) -> Iterator[Finding]:
        keys = KeyDictionary(
            self.session,
            self.config,
            self.work_dir,
            has_workloads=bool(workloads or split_costs),
            has_split_rows=split_costs is not None,
        )
        if not keys.has_workloads:
            keys.build(snapshot_parts)
            return
        pods = PodKeys(self.config)
        tables = WorkloadTables(self.session, pods, self.period)
        tables.load(workloads)
        if split_costs is not None:
            split_costs.load(pods)
            yield from split_costs.without_parent(self.config.currency)
        keys.build(snapshot_parts)
        yield from tables.unbilled()
        split = PodSplit(self.session, self.config, self.work_dir)
        split.split(keys, pods)
        yield from split.silent_hours()

    def finish(
        self,
        out_dir: Path,
        run_id: str | None,
        raw_totals: Sequence[RawTotal],
        findings: Sequence[Finding],
    ) -> Run:
        out_dir.mkdir(parents=True, exist_ok=True)
        outputs = Outputs(self.session, out_dir)
        run_id = run_id or self.name_of_content()
        self._create_run(run_id)
        outputs.write_allocations()
        outputs.read_back()
        proof = prove(
            period=str(self.period),
            currency=self.config.currency,
            cost_measure=self.config.cost,
            raw_totals=raw_totals,
            out_by_recipient=outputs.by_recipient(),
            out_by_group=outputs.by_group(),
        )
        write_proof(out_dir, proof)
        if not proof.holds:
            (out_dir / "allocations.parquet").unlink()
            raise _failed(proof)
        run = Run(
            run_id=run_id,
            period=str(self.period),
            proof=proof,
            statements=outputs.statements(),
            usage=outputs.usage(),
            unallocated=outputs.unallocated(),
            coverage=outputs.coverage(),
            findings=tuple(findings),
        )
        write_tables(out_dir, run.statements, run.usage, run.unallocated)
        return run

    def _create_run(self, run_id: str) -> None:
        create_table(
            self.session,
            "run",
            dict.fromkeys(("period", "cost_measure", "currency", "run"), "VARCHAR"),
            [(str(self.period), self.config.cost, self.config.currency, run_id)],
            scratch_dir=self.work_dir,
        )

    def name_of_content(self) -> str:
        """The run's id where nobody gives it one: by its period, ruleset and results."""
        content = f"{self.period}|{ruleset_digest(self.config)}|{results_digest(self.session)}"
        return f"run_{hashlib.sha256(content.encode()).hexdigest()[:32]}"

    def _findings(self, costs: str) -> Iterator[Finding]:
        meters = self.session.execute("SELECT DISTINCT meter FROM usage ORDER BY meter").fetchall()
        yield from unheard_meters(self.config, [meter for (meter,) in meters])
        rows = self.session.execute(
            "SELECT claims.recipient, claims.also_matched, sum(costs.units) FROM claims"
            f" JOIN {costs} AS costs USING (kid) WHERE also_matched <> ''"
            " GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for pool, others, units in rows:
            amount = plain(from_units(units))
            yield Finding(
                "several-pools",
                f"{amount} {self.config.currency} went to the pool {pool!r}, but would also match"
                f" {others}.",
            )


def _failed(proof: Proof) -> ProofFailed:
    worst = [
        f"{group.account}/{group.service}/{group.charge_category}: bill {plain(group.bill)},"
        f" out {plain(group.out)}"
        for group in proof.unproven[:3]
    ]
    return ProofFailed(
        f"what came out differs from the bill by {plain(proof.difference)} {proof.currency}"
        f" ({'; '.join(worst)}).",
        file="proof.json",
        remedy="Nothing was published; report this with the proof.",
    )
