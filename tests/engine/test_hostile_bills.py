import pytest

from shared.faults import BadInput
from tests.bills import snapshot_of
from tests.hostile_bills import HOSTILE_BILLS


@pytest.mark.parametrize("name", HOSTILE_BILLS)
def test_a_hostile_bill_is_refused_by_its_file(tmp_path, name):
    bill = HOSTILE_BILLS[name](tmp_path / "bill")
    with pytest.raises(BadInput) as refused:
        snapshot_of(bill, tmp_path)
    fault = refused.value
    assert fault.file
    assert fault.remedy
    # As a database and a terminal take it.
    assert str(fault).encode()
    assert str(fault).isprintable()
    assert not list(tmp_path.glob("snapshot/part-*"))


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("a resource id of no type", "line_item_resource_id"),
        ("a service that is a struct", "line_item_product_code"),
        ("a start that is empty", "bill_billing_period_start_date"),
        ("no service at all", "ServiceName"),
        ("a category with an escape", "ServiceCategory"),
        ("a category that is longer than a name", "ServiceCategory"),
    ],
)
def test_its_column_is_named(tmp_path, name, field):
    with pytest.raises(BadInput) as refused:
        snapshot_of(HOSTILE_BILLS[name](tmp_path / "bill"), tmp_path)
    assert refused.value.field == field
