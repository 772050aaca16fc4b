"""A bill that a test writes at once is the one that ingestion would make of the same lines."""

import pytest
from hypothesis import given

from services.ingestion.engine.focus_columns import COLUMNS
from tests.bills import focus_line, rows_of, snapshot_of, types_of, write_focus
from tests.engine.scenarios import scenarios
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

LINES = (
    focus_line(),
    focus_line(cost="-0.00000000005", ServiceName="", tags={"team": " red ", "customer": "acme"}),
    focus_line(cost="1.00000000005", SubAccountId="", tags={"blank": " ", "ärger": "it's"}),
    focus_line(cost="99999999.9999999999", ServiceCategory="", ChargeCategory="Tax", ResourceId=""),
    focus_line(
        BilledCost="1e-10",
        ListCost="3",
        ContractedCost="2.5",
        ConsumedQuantity="0.000000000000001",
        PricingQuantity="7",
        ChargePeriodStart="2026-10-03T04:00:00+02:00",
        ChargePeriodEnd="2026-10-31T23:59:59Z",
        CommitmentDiscountStatus="Unused",
        x_UsageType="BoxUsage",
        ProviderName="AWS",
    ),
    {name: value for name, value in focus_line().items() if name != "SkuMeter"},
)


def assert_alike(lines, work):
    taken = snapshot_of(write_focus(work / "bill.csv", lines), work)
    written = write_normalised(work / "written", lines)
    ours, theirs = written.parts[0], taken.parts[0]
    assert [*types_of(ours).items()] == [*types_of(theirs).items()]
    query = "SELECT * FROM rows ORDER BY x_LineId"
    assert rows_of(ours, query) == rows_of(theirs, query)
    assert written.raw_totals == taken.raw_totals
    assert [f"{total}" for total in written.raw_totals] == [f"{each}" for each in taken.raw_totals]


class TestALine:
    @pytest.mark.parametrize("line", LINES)
    def test_has_the_rows_the_types_and_the_control_totals_of_ingestion(self, line, tmp_path):
        assert_alike([line, focus_line()], tmp_path)  # a bill of no service is refused

    def test_among_others_has_them_too(self, tmp_path):
        assert_alike(LINES, tmp_path)

    @examples(1 / 8)
    @given(scenarios())
    def test_of_any_scenario_has_them_too(self, scenario):
        with work_folder() as work:
            assert_alike([focus_line(**line) for line in scenario.lines], work)


class TestWhatOnlyIngestionKnows:
    @pytest.mark.parametrize(
        "changes",
        [
            {"tags": {"user:team": "a"}},
            {"tags": {" team": "a"}},
            {"tags": {"a\u0308rger": "a"}},
            {"ServiceName": "NULL"},
            {"x_Unknown": "a"},
        ],
    )
    def test_is_refused(self, changes, tmp_path):
        with pytest.raises(ValueError, match="only ingestion"):
            write_normalised(tmp_path, [focus_line(**changes)])


def test_every_column_of_a_snapshot_is_written(tmp_path):
    bill = write_normalised(tmp_path, [focus_line()])
    assert tuple(types_of(bill.parts[0])) == COLUMNS
