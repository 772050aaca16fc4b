"""A Parquet column of no type, as pandas and pyarrow write one without a value, has none."""

import json

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - an input
import pytest

from shared.faults import BadInput
from tests.bills import amounts, cur_line, focus_line, run_of, snapshot_of

UNTYPED = pa.nulls(1)
EMPTY_MAP = pa.array([[]], pa.map_(pa.string(), pa.null()))
EMPTY_STRUCT = pa.array([{"customer": None}], pa.struct([("customer", pa.null())]))


def written(path, line, **columns):
    values = {
        name: pa.array([json.dumps(value) if isinstance(value, dict) else str(value)])
        for name, value in line.items()
        if value is not None
    }
    pq.write_table(pa.table(values | columns), path)
    return path


@pytest.mark.parametrize("array", [UNTYPED, EMPTY_MAP, EMPTY_STRUCT])
@pytest.mark.parametrize("column", ["Tags", "AllocatedTags", "x_CostCategories"])
def test_of_focus(tmp_path, column, array):
    path = written(tmp_path / "bill.parquet", focus_line(), **{column: array})
    snapshot = snapshot_of(path, tmp_path)
    assert snapshot.billed_total == 1
    assert not [each for each in snapshot.findings if each.kind == "unreadable"]
    assert amounts(run_of(path, tmp_path)) == {"unallocated": 1}


@pytest.mark.parametrize("array", [UNTYPED, EMPTY_MAP, EMPTY_STRUCT])
@pytest.mark.parametrize(
    "column", ["resource_tags", "cost_category", "tags", "product", "discount"]
)
def test_of_cur_2(tmp_path, column, array):
    path = written(tmp_path / "bill.parquet", cur_line(), **{column: array})
    assert snapshot_of(path, tmp_path).billed_total == 1


@pytest.mark.parametrize(
    "column",
    [
        "resource_tags_user_customer",
        "cost_category_team",
        "line_item_usage_account_id",
        "line_item_net_unblended_cost",
        "line_item_usage_type",
        "savings_plan_savings_plan_a_r_n",
        "line_item_operation",
    ],
)
def test_of_columns_that_decide_whose_a_line_is(tmp_path, column):
    path = written(tmp_path / "bill.parquet", cur_line(), **{column: UNTYPED})
    assert snapshot_of(path, tmp_path).billed_total == 1


@pytest.mark.parametrize("column", ["SubAccountId", "BillingAccountId"])
def test_of_accounts(tmp_path, column):
    path = written(tmp_path / "bill.parquet", focus_line(), **{column: UNTYPED})
    assert snapshot_of(path, tmp_path).billed_total == 1


@pytest.mark.parametrize("column", ["BilledCost", "ChargePeriodStart", "ServiceName"])
def test_a_column_that_must_have_values_is_refused(tmp_path, column):
    path = written(tmp_path / "bill.parquet", focus_line(), **{column: UNTYPED})
    with pytest.raises(BadInput, match="no row has a value in it") as raised:
        snapshot_of(path, tmp_path)
    assert raised.value.field == column
