import pytest

from shared.faults import BadInput
from tests.bills import snapshot_of
from tests.hostile_bills import HOSTILE_BILLS, SURPRISING_BILLS


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
        ("a service that is a struct", "line_item_product_code"),
        ("a start that is empty", "bill_billing_period_start_date"),
        ("no service at all", "ServiceName"),
    ],
)
def test_its_column_is_named(tmp_path, name, field):
    with pytest.raises(BadInput) as refused:
        snapshot_of(HOSTILE_BILLS[name](tmp_path / "bill"), tmp_path)
    assert refused.value.field == field


@pytest.mark.parametrize("name", SURPRISING_BILLS)
def test_a_surprising_bill_is_taken_with_a_word_about_it(tmp_path, name):
    snapshot = snapshot_of(SURPRISING_BILLS[name](tmp_path / "bill"), tmp_path)
    is_whole = name in (
        *("a resource id of no type", "an account that is a double", "no account at all"),
    )
    assert len(snapshot.unreadable) == (0 if is_whole else 1)
    assert all(unread.value.isprintable() for unread in snapshot.unreadable)
    assert snapshot.billed_total == 1
