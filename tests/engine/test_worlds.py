"""Any world: nothing is lost at any node of the drill-down, and nothing but content decides."""

import csv
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.attribution.engine import attribute
from services.ingestion.engine import Snapshot, find_delivery, normalise
from shared.configuration import parse_configuration
from tests.bills import OCTOBER, focus_line, rows_of, write_focus, write_signals, write_workloads
from tests.engine.worlds import ONE, World, closed_loops_refused, worlds

_WORLDS = int(os.environ.get("TRUEBACK_WORLDS", "500"))
Bills = Sequence[Sequence[Mapping[str, Any]]]
Sums = Mapping[tuple[str, ...], Decimal]


def run(world: World, bills: Bills, *, factor: Decimal = ONE, reverse: bool = False) -> bytes:
    """The bytes of the allocations; each of `bills` is a delivery of its own."""
    turn = -1 if reverse else 1
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        snapshots = [_snapshot(lines, work / str(at)) for at, lines in enumerate(bills)][::turn]
        signals = _scaled_signals(world.signals, factor)[::turn]
        workloads = [_scaled_row(row, factor) for row in world.workloads][::turn]
        run = attribute(
            snapshot_parts=[part for snapshot in snapshots for part in snapshot.parts],
            raw_totals=[total for snapshot in snapshots for total in snapshot.raw_totals],
            config=parse_configuration(world.ruleset(factor)),
            signals=[write_signals(work / "signals.csv", *signals)],
            workloads=[write_workloads(work / "pods.csv", workloads)] if workloads else [],
            period=OCTOBER,
            out_dir=work / "run",
            scratch_dir=work / "scratch",
            run_id="run-1",
            memory_limit_mb=512,
        )
        assert run.proof.difference == 0
        assert run.proof.unproven == ()
        _check_every_node(world, work / "run")
        return (work / "run/allocations.parquet").read_bytes()


def _snapshot(lines: Sequence[Mapping[str, Any]], work: Path) -> Snapshot:
    bill = write_focus(work / "bill.csv", [focus_line(**line) for line in lines])
    return normalise(
        find_delivery(bill, period=OCTOBER),
        period=OCTOBER,
        out_dir=work / "snapshot",
        scratch_dir=work / "scratch",
        memory_limit_mb=512,
    )


def _scaled_signals(rows: Sequence[str], factor: Decimal) -> list[str]:
    fields = [row.split() for row in rows]
    return [" ".join([*known, f"{Decimal(last) * factor:f}"]) for *known, last in fields]


def _scaled_row(row: Mapping[str, Any], factor: Decimal) -> dict[str, Any]:
    return {
        name: f"{Decimal(value) * factor:f}" if name.endswith("_hours") and value else value
        for name, value in row.items()
    }


def _check_every_node(world: World, out: Path) -> None:
    """Account, service, charge category, day: each sum is the bill's, and statements agree."""
    billed = (
        (
            line["SubAccountId"] or "000000000001",
            line["ServiceName"],
            line["ChargeCategory"],
            line["ChargePeriodStart"][:10],
            Decimal(line[world.cost]),
        )
        for line in world.lines
    )
    given_out = rows_of(
        out / "allocations.parquet",
        "SELECT account, service, charge_category, CAST(day AS VARCHAR), amount FROM {}",
    )
    assert _nodes(given_out) == _nodes(billed)
    with (out / "statements.csv").open() as file:
        stated = [(row["tenant"], Decimal(row["amount"])) for row in csv.DictReader(file)]
    allocated = rows_of(out / "allocations.parquet", "SELECT tenant, amount FROM {}")
    assert _nodes(stated) == _nodes(allocated)


def _nodes(rows: Iterable[tuple[Any, ...]]) -> Sums:
    """The sum at every node of the tree, the root included; those of zero don't count."""
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for *path, amount in rows:
        for depth in range(len(path) + 1):
            sums[tuple(path[:depth])] += amount
    return {node: total for node, total in sums.items() if total}


several = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.timeout(1200)
class TestAnyWorld:
    """Of all worlds three quarters are told once, and one quarter in two ways."""

    @settings(several, max_examples=_WORLDS * 3 // 4)
    @given(worlds())
    def test_is_given_out_to_the_last_unit(self, world):
        with closed_loops_refused():
            run(world, [world.lines])

    @settings(several, max_examples=_WORLDS // 4)
    @given(worlds(), st.data(), st.sampled_from(["1", "3", "0.125", "1000"]))
    def test_is_the_same_in_another_order_in_deliveries_and_by_scaled_weights(
        self, world, data, factor
    ):
        with closed_loops_refused():
            whole = run(world, [world.lines])
            shuffled = data.draw(st.permutations(world.lines))
            cut = data.draw(st.integers(0, len(shuffled)))
            deliveries = [part for part in (shuffled[cut:], shuffled[:cut]) if part]
            assert run(world, deliveries, factor=Decimal(factor), reverse=True) == whole
