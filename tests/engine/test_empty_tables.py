"""Where a run has nothing of a kind, a script stands in for the makers of its tables."""

import pytest

from services.attribution.engine.attribute import open_attribution
from services.attribution.engine.tables import create_types
from services.ingestion import engine as ingestion
from shared.columnar import open_session
from shared.configuration import parse_configuration
from shared.sql.scripts import run_script
from tests.architecture.engine_tables import ENGINE, tables_of
from tests.bills import OCTOBER, cur_line, snapshot_of, write_cur, write_signals, write_workloads
from tests.engine.test_split_costs import instance, split_row
from tests.engine.test_workloads import PODS, host, pod

STANDING_IN = [script for script in tables_of(ENGINE).scripts if script.stands_in_for]
RULES = (
    PODS
    + """
idle: proportional
pools: [{name: nat, when: {usage_type: [Nat]}, drivers: [{signal: bytes}, {even: true}]}]
"""
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The columns of a table, with their types, of a run that has something of all kinds."""
    work = tmp_path_factory.mktemp("made")
    lines = [instance(10.0), split_row("a", 3.0, 1.0), cur_line(usage_type="Nat")]
    taken = snapshot_of(write_cur(work / "bill.parquet", lines), work)
    signals = [write_signals(work / "signals.csv", "bytes 2026-10-03T04:00:00Z acme 5")]
    workloads = [write_workloads(work / "workloads.csv", [host(), pod("b", "acme")])]
    with open_attribution(
        config=parse_configuration(RULES),
        period=OCTOBER,
        scratch_dir=work / "scratch",
        memory_limit_mb=512,
    ) as attribution:
        attribution.split(taken.parts, signals, workloads)
        yield lambda table: columns_of(attribution.session, table)


@pytest.mark.parametrize("script", STANDING_IN, ids=lambda script: script.path.name)
def test_what_stands_in_for_a_table_has_its_columns(script, made, tmp_path):
    package = f"services.attribution.engine.{script.room}"
    with open_session(scratch_dir=tmp_path / "standing-in", memory_limit_mb=512) as session:
        create_types(session)
        run_script(session, package, script.path.name)
        for table in script.stands_in_for:
            assert columns_of(session, table) == made(table), table


def test_what_stands_in_for_savings_plans_of_a_bill_has_their_columns(tmp_path):
    found = []
    for script in ("balanced_savings_plans.sql", "no_balanced_savings_plans.sql"):
        with open_session(scratch_dir=tmp_path, memory_limit_mb=512) as session:
            run_script(session, ingestion.__package__, "savings_plan_groups.sql")
            run_script(session, ingestion.__package__, script)
            tables = ("balanced_savings_plans", "upfront_purchases")
            found.append([columns_of(session, table) for table in tables])
    assert found[0] == found[1]


def columns_of(session, table):
    relation = session.table(table)
    return list(zip(relation.columns, map(str, relation.types), strict=True))
