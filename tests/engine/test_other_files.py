"""Files that lie beside a bill or are another provider's: refused by what they are."""

import json

import pytest

from services.ingestion.engine import find_delivery
from shared.faults import BadInput
from tests.bills import OCTOBER, focus_line, write_focus


def refused(path):
    with pytest.raises(BadInput) as raised:
        find_delivery(path, period=OCTOBER)
    return raised.value


@pytest.mark.parametrize(
    ("columns", "what", "remedy"),
    [
        (
            "BillingPeriodStart,BillingPeriodEnd,BillingPeriodStatus,InvoiceIssuerName",
            "FOCUS's Billing Period dataset",
            "Cost and Usage",
        ),
        (
            "BilledCost,BillingCurrency,ChargeCategory,InvoiceDetailId,InvoiceIssueStatus",
            "FOCUS's Invoice Detail dataset",
            "Cost and Usage",
        ),
        (
            "BillingCurrency,ContractCommitmentCost,ContractCommitmentId",
            "FOCUS's Contract Commitment dataset",
            "Cost and Usage",
        ),
        ("SubscriptionId,MeterCategory,MeterId,costInUsd", "Microsoft's", "as FOCUS"),
        ("billing_account_id,service.description,sku.description,cost", "Google", "as FOCUS"),
        ("report_period_start,interval_start,pod,node", "OpenShift", "as workloads"),
    ],
)
@pytest.mark.parametrize("spelling", [str, str.lower])
def test_is_named(tmp_path, columns, what, remedy, spelling):
    path = tmp_path / "file.csv"
    path.write_text(f"{spelling(columns)}\n")
    fault = refused(path)
    assert fault.message.startswith("not a bill: it is ")
    assert what in fault.message
    assert remedy in fault.remedy


def test_a_bill_with_the_ids_of_these_is_a_bill(tmp_path):
    line = focus_line(InvoiceDetailId="d-1", ContractApplied="{}", x_SkuMeterCategory="Storage")
    assert find_delivery(write_focus(tmp_path / "bill.csv", [line]), period=OCTOBER).kind.is_focus


def test_a_column_that_a_bill_has_is_not_nearly_one(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("BillingCurrency,Biled Cost\n")
    assert "'Biled Cost' is nearly 'BilledCost'" in refused(path).message
    path.write_text("BillingCurrency,name\n")
    assert "nearly" not in refused(path).message


def test_a_manifest_of_another_tool_is_none_of_a_delivery(tmp_path):
    write_focus(tmp_path / "bill.csv", [focus_line()])
    (tmp_path / "run_manifest.json").write_text(json.dumps({"datasets": ["bill.csv"]}))
    fault = refused(tmp_path)
    assert "neither dataFiles nor reportKeys" in fault.message
    assert "the bill's file" in fault.remedy
