"""One run: every line of a snapshot to its tenant, exactly, with the proof that it all came out.

This is the order of the steps; what each does lies in its room, and `docs/engine.md` draws the
tables that they hand on.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from services.attribution.engine.bill_columns import has_split_costs
from services.attribution.engine.claims.claimed_keys import use_divided, use_lines
from services.attribution.engine.claims.key_columns import KeyColumns
from services.attribution.engine.claims.pod_keys import PodKeys
from services.attribution.engine.inputs.needed_columns import check_readable
from services.attribution.engine.inputs.preflight import (
    check_settings,
    unmetered_drivers,
    unused_settings,
)
from services.attribution.engine.inputs.reference_tables import create_reference_tables
from services.attribution.engine.inputs.signal_notes import copied_files, signal_notes
from services.attribution.engine.inputs.signals import SignalTables, use_signals
from services.attribution.engine.inputs.smoothing import smooth_commitments
from services.attribution.engine.output.findings import (
    late_corrections,
    pools_that_overlap,
    unknown_values,
)
from services.attribution.engine.output.results import metered, name_of_content, sum_results
from services.attribution.engine.output.run_files import write_run
from services.attribution.engine.output.unmet_names import UnmetNames
from services.attribution.engine.pods.pod_split import PodSplit
from services.attribution.engine.pods.split_costs import SplitCosts
from services.attribution.engine.pods.workloads import WorkloadTables
from services.attribution.engine.pools.pool_split import PoolSplit
from services.attribution.engine.pools.reciprocal import find_uses
from services.attribution.engine.prepared.facts import PreparedFacts, load_lines
from services.attribution.engine.prepared.kept_results import KeptResults
from services.attribution.engine.prepared.preparation import (
    PreparedInputs,
    kept_or_scratch,
    prepare,
)
from services.attribution.engine.result import Exchange, Run
from services.attribution.engine.tables import create_types
from shared.columnar import Session, open_session
from shared.configuration.models import Configuration
from shared.contracts.raw_totals import RawTotal
from shared.contracts.unreadable import Unreadable
from shared.findings import Finding
from shared.periods import Month
from shared.sql.expressions import Sql, identifier, parquet_scan

NO_EXCHANGE: Final = Exchange()


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
    unreadable: Sequence[Unreadable] = (),
    exchange: Exchange = NO_EXCHANGE,
) -> Run:
    """Writes the files of `docs/reference/files.md` into `out_dir`.

    What is prepared of the inputs, and what came out by day, is kept in `prepared_dir`, if there is
    one, and taken from there the next time; where pods divide lines, by workloads or by split cost
    rows, the inputs are read as they are and nothing is kept.
    Without a `run_id` the run is named by what came out and by its ruleset: the same bill gives
    the same bytes in whichever format it was delivered.
    `raw_totals` are ingestion's control totals of the raw files, the bill's side of the proof, and
    `unreadable` what of the bill it could not read. `exchange` is for the proof: lines that came in
    are among the snapshot's parts, and those that were moved out are not.
    Raises BadConfiguration or BadInput, or ProofFailed after writing nothing but `proof.json`.
    """
    check_readable(unreadable, config, has_workloads=bool(workloads))
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
                exchange=exchange,
            )
        shutil.rmtree(home, ignore_errors=True)  # nothing of it is of use to this bill
    with open_attribution(
        config=config, period=period, scratch_dir=scratch_dir, memory_limit_mb=memory_limit_mb
    ) as attribution:
        findings = attribution.split(snapshot_parts, signals, workloads)
        return attribution.finish(out_dir, run_id, raw_totals, findings, exchange)


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
    exchange: Exchange = NO_EXCHANGE,
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
        run = attribution.finish(out_dir, run_id, raw_totals, findings, exchange)
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
            create_types(session)
            yield Attribution(session, config, period, work_dir)
    finally:
        shutil.rmtree(work_dir, ignore_errors=True)


@dataclass
class Attribution:
    """The split of a bill in a session; whoever splits it again gets the same tables."""

    session: Session
    config: Configuration
    period: Month
    work_dir: Path
    keys: KeyColumns = field(init=False)
    """What lines are keyed by; with workloads these divide some of the lines."""
    moved: Sql = field(default_factory=partial(identifier, "moved_costs"))
    """What smoothing took from accounts and gave to others."""

    def split(
        self,
        snapshot_parts: Sequence[Path],
        signals: Sequence[Path],
        workloads: Sequence[Path] = (),
    ) -> list[Finding]:
        """Straight from the inputs, every fact by its hour."""
        lines = parquet_scan(snapshot_parts)
        has_split_rows = has_split_costs(self.session, lines)
        snapshot_parts = smooth_commitments(
            self.session, self.config, snapshot_parts, self.work_dir
        )
        has_workloads = bool(workloads or has_split_rows)
        check_settings(self.config, has_workloads=has_workloads)
        pools = self._create_reference_tables()
        tables = SignalTables(self.session, self.config, self.period, self.work_dir)
        tables.load(signals)
        use_signals(self.session)
        find_uses(self.session, self.config, self.work_dir)
        findings = list(unused_settings(self.config, has_workloads=has_workloads))
        findings += copied_files(self.session, tables.files(signals), identifier("copied_files"))
        self.keys = KeyColumns(self.config, self.period, has_workloads=has_workloads)
        if has_workloads:
            split_rows = lines if has_split_rows else None
            findings += self._divide(snapshot_parts, workloads, split_rows)
        else:
            self._load_lines(snapshot_parts)
            use_lines(self.session)
        return [*findings, *self._split(pools, identifier("facts"))]

    def split_prepared(self, prepared: PreparedInputs, kept: KeptResults) -> list[Finding]:
        """What came out earlier for days that are as they were is taken as it is."""
        self.keys = KeyColumns(self.config, self.period)
        self.moved = prepared.scan("moved")
        check_settings(self.config, has_workloads=False)
        pools = self._create_reference_tables()
        findings = list(unused_settings(self.config, has_workloads=False))
        findings += copied_files(self.session, prepared.signal_files, prepared.copies)
        use_signals(self.session, prepared.usage)
        find_uses(self.session, self.config, self.work_dir)
        PreparedFacts(self.session, self.config, self.work_dir, prepared).load(self.keys, kept)
        return [*findings, *self._split(pools, prepared.scan("days"))]

    def _create_reference_tables(self) -> PoolSplit:
        create_reference_tables(self.session, self.config, self.period, self.work_dir)
        pools = PoolSplit(self.session, self.config, self.work_dir)
        pools.create_pool_tables()
        return pools

    def _load_lines(self, snapshot_parts: Sequence[Path], *, has_split_rows: bool = False) -> None:
        load_lines(
            self.session,
            self.keys,
            snapshot_parts,
            has_split_rows=has_split_rows,
            scratch_dir=self.work_dir,
        )

    def _divide(
        self,
        snapshot_parts: Sequence[Path],
        workloads: Sequence[Path],
        split_rows: Sql | None,
    ) -> Iterator[Finding]:
        """The lines of nodes and volumes to their pods, which are claimed then."""
        pods = PodKeys(self.config)
        tables = WorkloadTables(self.session, pods, self.period, self.work_dir)
        tables.load(workloads)
        split_costs = SplitCosts(self.session, split_rows)
        split_costs.load(pods, has_workloads=bool(workloads))
        yield from split_costs.without_parent(self.config.currency)
        self._load_lines(snapshot_parts, has_split_rows=split_rows is not None)
        yield from tables.not_read()
        yield from tables.added_pieces()
        yield from tables.unbilled(workloads)
        if workloads and split_rows is None:
            yield from tables.absent_labels()
            yield from tables.absent_names()
        split = PodSplit(self.session, self.keys, self.work_dir)
        split.split(pods)
        use_divided(self.session)
        yield from split.silent_hours()

    def _split(self, pools: PoolSplit, costs: Sql) -> Iterator[Finding]:
        """`costs` has the quanta by `kid` of the whole bill."""
        pools.split()
        sum_results(self.session)
        yield from unmetered_drivers(self.config, metered(self.session))
        yield from signal_notes(self.session, self.config)
        yield from pools_that_overlap(self.session, costs, self.config.currency)
        yield from late_corrections(self.session, costs, self.config, self.period)
        yield from unknown_values(self.session, costs, self.config)
        yield from UnmetNames(self.session, self.config, self.keys, self.period).findings()

    def finish(
        self,
        out_dir: Path,
        run_id: str | None,
        raw_totals: Sequence[RawTotal],
        findings: Sequence[Finding],
        exchange: Exchange = NO_EXCHANGE,
    ) -> Run:
        """Writes and proves what came out; without a `run_id` the run is named by its content."""
        return write_run(
            self.session,
            self.config,
            self.period,
            run_id=run_id or self.name_of_content(),
            raw_totals=raw_totals,
            findings=findings,
            moved=self.moved,
            out_dir=out_dir,
            exchange=exchange,
        )

    def name_of_content(self) -> str:
        return name_of_content(self.session, self.config, self.period)
