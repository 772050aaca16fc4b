"""Any scenario: nothing is lost at any node of the drill-down, and nothing but content decides."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.attribution.engine import attribute
from shared.configuration import parse_configuration
from shared.csv_files import read_rows
from tests.bills import OCTOBER, focus_line, rows_of, write_signals, write_workloads
from tests.engine.scenarios import ONE, Scenario, closed_loops_refused, scenarios
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

Bills = Sequence[Sequence[Mapping[str, Any]]]
Sums = Mapping[tuple[str, ...], Decimal]


def run(scenario: Scenario, bills: Bills, *, factor: Decimal = ONE, reverse: bool = False) -> bytes:
    """The bytes of the allocations; each of `bills` is a delivery of its own."""
    turn = -1 if reverse else 1
    with work_folder() as work:
        snapshots = [
            write_normalised(work / str(at), [focus_line(**line) for line in lines])
            for at, lines in enumerate(bills)
        ][::turn]
        signals = _scaled_signals(scenario.signals, factor)[::turn]
        workloads = [_scaled_row(row, factor) for row in scenario.workloads][::turn]
        run = attribute(
            snapshot_parts=[part for snapshot in snapshots for part in snapshot.parts],
            raw_totals=[total for snapshot in snapshots for total in snapshot.raw_totals],
            config=parse_configuration(scenario.ruleset(factor)),
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
        _check_every_node(scenario, work / "run")
        return (work / "run/allocations.parquet").read_bytes()


def _scaled_signals(rows: Sequence[str], factor: Decimal) -> list[str]:
    fields = [row.split() for row in rows]
    return [" ".join([*known, f"{Decimal(last) * factor:f}"]) for *known, last in fields]


def _scaled_row(row: Mapping[str, Any], factor: Decimal) -> dict[str, Any]:
    return {
        name: f"{Decimal(value) * factor:f}" if name.endswith("_hours") and value else value
        for name, value in row.items()
    }


def _check_every_node(scenario: Scenario, out: Path) -> None:
    """Account, service, charge category, day: each sum is the bill's, and statements agree."""
    billed = (
        (
            line["SubAccountId"] or "000000000001",
            line["ServiceName"],
            line["ChargeCategory"],
            line["ChargePeriodStart"][:10],
            Decimal(line[scenario.cost]),
        )
        for line in scenario.lines
    )
    given_out = rows_of(
        out / "allocations.parquet",
        "SELECT tenant, account, service, charge_category, CAST(day AS VARCHAR), amount FROM rows",
    )
    assert _nodes(row[1:] for row in given_out) == _nodes(billed)
    statements = read_rows((out / "statements.csv").read_bytes().decode())
    stated = [(row["tenant"], Decimal(row["amount"])) for row in statements]
    assert _nodes(stated) == _nodes((row[0], row[-1]) for row in given_out)


def _nodes(rows: Iterable[tuple[Any, ...]]) -> Sums:
    """The sum at every node of the tree, the root included; those of zero don't count."""
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for *path, amount in rows:
        for depth in range(len(path) + 1):
            sums[tuple(path[:depth])] += amount
    return {node: total for node, total in sums.items() if total}


@pytest.mark.timeout(10 * settings.default.max_examples)
class TestAnyScenario:
    """Half of all scenarios run once, an eighth in two ways; others are explained or exported."""

    @examples(1 / 2)
    @given(scenarios())
    def test_is_given_out_to_the_last_quantum(self, scenario):
        with closed_loops_refused():
            run(scenario, [scenario.lines])

    @examples(1 / 8)
    @given(scenarios(), st.data(), st.sampled_from(["1", "3", "0.125", "1000"]))
    def test_is_the_same_in_another_order_in_deliveries_and_by_scaled_weights(
        self, scenario, data, factor
    ):
        with closed_loops_refused():
            whole = run(scenario, [scenario.lines])
            shuffled = data.draw(st.permutations(scenario.lines))
            cut = data.draw(st.integers(0, len(shuffled)))
            deliveries = [part for part in (shuffled[cut:], shuffled[:cut]) if part]
            assert run(scenario, deliveries, factor=Decimal(factor), reverse=True) == whole
