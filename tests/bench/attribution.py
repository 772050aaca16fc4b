"""Speed, memory and restatement of the attribution: one JSON line per size.

`limit_seconds` is the bare scan of the same files on the same machine in the same minutes: the
promoted tag and EffectiveCost, summed by day and tag. `seconds` is a run from the prepared inputs
to allocations, statements and proof, every day computed; `prepare_seconds` the preparation before
it, from nothing. Both are medians of runs that take turns, each run in a process of its own.
`one_day_restatement_ratio` compares a bill of which one day was restated with the same bill from
nothing, each from the snapshot to its outputs: preparation and run.
"""

import argparse
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import duckdb

from services.attribution.engine import PreparedInputs, attribute_prepared, prepare
from tests.bench.synthetic import PERIOD, TENANTS, SyntheticMonth, synthetic_month

MEMORY_LIMIT_MB: Final = 1024
RUNS: Final = 5
RATIO_MAX: Final = 4.0
RATIO_LINES_MIN: Final = 20_000_000
PEAK_MB_MAX: Final = 2048
RESTATEMENT_RATIO_MAX: Final = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="*", type=int, default=[5_000_000, 20_000_000])
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    given = parser.parse_args()
    missed = []
    for lines in given.lines:
        month = synthetic_month(lines, given.home)
        with tempfile.TemporaryDirectory(dir=given.home) as work:
            found = measured(month, Path(work))
        print(json.dumps(found), flush=True)
        missed += [f"{lines:,} lines: {text}" for text in misses(found)]
    if missed:
        sys.exit("\n".join(missed))


def misses(found: dict[str, float]) -> list[str]:
    limits = {"peak_mb": PEAK_MB_MAX, "one_day_restatement_ratio": RESTATEMENT_RATIO_MAX}
    if found["lines"] >= RATIO_LINES_MIN:
        limits["ratio"] = RATIO_MAX
    return [
        f"{name} is {found[name]}, above {limit}"
        for name, limit in limits.items()
        if found[name] > limit
    ]


def measured(month: SyntheticMonth, work: Path) -> dict[str, float]:
    first, restated = work / "first", work / "restated"
    prepared, prepare_seconds, peak_mb = apart(partial(prepare_month, month, first))
    seconds, limits, peaks = [], [], [peak_mb]
    for _ in range(RUNS):
        limits.append(apart(partial(bare_scan, month))[0])
        _, took, peak_mb = apart(partial(run_month, month, work, prepared))
        seconds.append(took)
        peaks.append(peak_mb)
    _, keeping, _ = apart(partial(run_month, month, work, prepared, results_dir=first))
    again_seconds, day_seconds = [], []
    for _ in range(RUNS):
        shutil.rmtree(restated, ignore_errors=True)
        shutil.copytree(first, restated)
        again, took, _ = apart(partial(prepare_month, month, restated, restated=True))
        again_seconds.append(took)
        one_day = partial(run_month, month, work, again, results_dir=restated, restated=True)
        day_seconds.append(apart(one_day)[1])
    prepared_again, one_day_run = median(again_seconds), median(day_seconds)
    print(
        f"all days: prepared in {prepare_seconds:.2f} s, run in {keeping:.2f} s;"
        f" one of them restated: {prepared_again:.2f} s and {one_day_run:.2f} s",
        file=sys.stderr,
    )
    restatement_ratio = (prepared_again + one_day_run) / (prepare_seconds + keeping)
    return {
        "lines": month.lines,
        "tenants": TENANTS,
        "seconds": round(median(seconds), 3),
        "limit_seconds": round(median(limits), 3),
        "ratio": round(median(seconds) / median(limits), 2),
        "prepare_seconds": round(prepare_seconds, 1),
        "peak_mb": max(peaks),
        "one_day_restatement_ratio": round(restatement_ratio, 3),
    }


def prepare_month(month: SyntheticMonth, home: Path, *, restated: bool = False) -> PreparedInputs:
    return prepare(
        snapshot_parts=month.restated_parts if restated else month.parts,
        signals=[month.signals],
        config=month.config,
        period=PERIOD,
        prepared_dir=home,
        scratch_dir=home.with_suffix(".scratch"),
        memory_limit_mb=MEMORY_LIMIT_MB,
    )


def run_month(
    month: SyntheticMonth,
    work: Path,
    prepared: PreparedInputs,
    *,
    results_dir: Path | None = None,
    restated: bool = False,
) -> None:
    attribute_prepared(
        prepared=prepared,
        raw_totals=month.raw_totals(restated=restated),
        config=month.config,
        period=PERIOD,
        out_dir=work / "out",
        scratch_dir=work / "scratch",
        results_dir=results_dir,
        run_id="run_bench",
        memory_limit_mb=MEMORY_LIMIT_MB,
    )


def bare_scan(month: SyntheticMonth) -> float:
    """Seconds; the median of three, so that reading the files' footers counts in none."""
    query = (
        "SELECT CAST(ChargePeriodStart AS DATE), customer, sum(EffectiveCost)"
        " FROM read_parquet($parts, union_by_name = true, hive_partitioning = false) GROUP BY ALL"
    )
    parts = [str(part) for part in month.parts]
    took = []
    with duckdb.connect() as session:
        session.execute("SET enable_progress_bar = false")
        for _ in range(3):
            started_at = time.perf_counter()
            session.execute(query, {"parts": parts}).fetchall()
            took.append(time.perf_counter() - started_at)
    return median(took)


def apart(work: Callable[[], Any]) -> tuple[Any, float, int]:
    """In a process of its own: the result, seconds, and the most memory it had, in MB."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(timed, work).result()


def timed(work: Callable[[], Any]) -> tuple[Any, float, int]:
    started_at = time.perf_counter()
    result = work()
    seconds = time.perf_counter() - started_at
    return result, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
