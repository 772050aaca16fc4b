"""Amounts as companies have them in IDR, KRW or VND: up to 10^15, to ten decimals."""

from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - an input
import pytest

from shared.faults import BadInput
from tests.bills import amounts, cur_line, focus_line, run_of, snapshot_of, write_cur, write_focus

RULESET = """
version: 1
currency: IDR
tenants: [{key: acme}, {key: globex}, {key: initech}]
labels: {tenant: ["tag:customer"]}
pools:
  - {name: nat, when: {service: ["NAT"]}, drivers: [{even: true}]}
  - {name: support, when: {service: ["Support"]}, per: period, drivers: [{proportional: direct}]}
"""


@pytest.mark.parametrize("written", ["250000000", "999999999999999.9999999999", "1e15", "-1e15"])
def test_are_split_to_the_last_digit(tmp_path, written):
    amount = Decimal(written)
    idr = {"BillingCurrency": "IDR", "cost": written}
    lines = [
        focus_line(**idr, tags={"customer": "acme"}),
        *(focus_line(**idr, ServiceName="NAT", ResourceId=f"nat-{at}") for at in range(20)),
        focus_line(**idr, ServiceName="Support"),
    ]
    run = run_of(write_focus(tmp_path / "bill.csv", lines), tmp_path, RULESET, is_prepared=True)
    assert run.proof.difference == 0
    split = amounts(run)
    assert sum(split.values()) == 22 * amount
    # Of the NAT gateways each has a third, of the support acme all of what it has directly.
    third = abs(split["globex"] - 20 * amount / 3)
    assert third < Decimal("1e-9")


def test_of_a_cur_in_doubles_are_read_to_their_shortest_decimal(tmp_path):
    lines = [cur_line(cost, line_item_currency_code="IDR") for cost in (250000000.25, 0.1, -1e14)]
    snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
    assert snapshot.billed_total == Decimal("250000000.35") - Decimal(10**14)
    assert snapshot.billed_quantisation == 0


@pytest.mark.parametrize("written", ["1e-400", "-1e-400", "1e-2000", "0e-400", "0e400", "7e-101"])
@pytest.mark.parametrize("packed", [True, False])
def test_of_less_than_anything_is_nothing(tmp_path, written, packed):
    lines = [focus_line(cost=written), focus_line(cost="1")]
    if packed:
        path = write_focus(tmp_path / "bill.csv", lines)
    else:
        path = tmp_path / "bill.parquet"
        pq.write_table(pa.Table.from_pylist(lines), path)
    snapshot = snapshot_of(path, tmp_path)
    assert (snapshot.billed_total, snapshot.effective_total) == (1, 1)


@pytest.mark.parametrize(
    "written", ["1e-2000000", "1e-99999999999", "0." + "0" * 120 + "1", "1." + "0" * 120]
)
def test_of_too_many_digits_is_refused_by_its_row(tmp_path, written):
    lines = [focus_line(), focus_line(BilledCost=written)]
    with pytest.raises(BadInput, match="has too many digits for an amount") as raised:
        snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
    assert (raised.value.row, raised.value.field) == (2, "BilledCost")


def test_of_too_many_digits_that_costs_amortised_is_noted(tmp_path):
    lines = [focus_line(), focus_line(EffectiveCost="0." + "0" * 120 + "1")]
    snapshot = snapshot_of(write_focus(tmp_path / "bill.csv", lines), tmp_path)
    assert [each.column for each in snapshot.unreadable] == ["EffectiveCost"]
