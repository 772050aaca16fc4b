"""One bill as CUR 2.0, legacy CUR and FOCUS 1.2: the same allocations, byte for byte."""

from pathlib import Path
from typing import Any

import pytest

from tests.bills import (
    cur_line,
    focus_line,
    legacy_line,
    run_of,
    write_cur,
    write_focus,
    write_legacy,
    write_signals,
)

PLAN, RESERVATION = "arn:aws:savingsplans::1:savingsplan/p", "arn:aws:ec2:us-east-1:1:ri/r"
EC2 = {"line_item_product_code": "AmazonEC2", "product": {"product_name": "Amazon EC2"}}
VPC = {"line_item_product_code": "AmazonVPC", "product": {"product_name": "Amazon VPC"}}
NAMES = {"AmazonEC2": ("Amazon EC2", "Compute"), "AmazonVPC": ("Amazon VPC", "Networking")}
RULESET = """
version: 1
currency: USD
tenants: [{key: acme}, {key: globex}, {key: socgen, aliases: ["Société Générale 東京"]}]
labels: {tenant: ["tag:customer"], team: ["tag:cost-centre"]}
rules:
  - {name: tax, when: {charge_category: [Tax]}, assign: {overhead: tax}}
  - {name: unused, when: {resource: ["arn:aws:savingsplans*"]}, assign: {overhead: plan}}
pools:
  - name: nat
    when: {service: [AmazonVPC], usage_type: ["*NatGateway*"], region: [us-east-1]}
    drivers: [{signal: bytes}, {proportional: direct}]
"""

# cost, effective where it differs, type, service, tags, and what else the line has
LINES: list[tuple[float, float | None, str, dict[str, Any], dict[str, str], dict[str, Any]]] = [
    (2.5, None, "Usage", EC2, {"customer": "acme", "cost-centre": "a"}, {}),
    (0.1234567891, None, "Usage", EC2, {"customer": "Société Générale 東京"}, {}),
    (1.0, None, "Usage", EC2, {"customer": "GLOBEX"}, {"usage_type": "BoxUsage:c5"}),
    (4.5, None, "Usage", VPC, {}, {"usage_type": "USE1-NatGateway-Bytes"}),
    (0.45, None, "Usage", VPC, {"customer": "nobody"}, {"usage_type": "PublicIPv4:InUse"}),
    (0.75, 0.6, "SavingsPlanCoveredUsage", EC2, {"customer": "acme"}, {}),
    (-0.75, 0.0, "SavingsPlanNegation", EC2, {}, {}),
    (1.0, 0.4, "SavingsPlanRecurringFee", EC2, {}, {}),
    (0.0, 0.25, "DiscountedUsage", EC2, {"customer": "globex"}, {}),
    (0.4, 0.15, "RIFee", EC2, {}, {}),
    (0.3, None, "Tax", EC2, {}, {"line_item_usage_account_id": None}),
    (-5.0, None, "Credit", EC2, {"customer": "acme"}, {}),
    (-1.5, None, "Refund", EC2, {"customer": "globex"}, {}),
]
CATEGORIES = {
    "SavingsPlanCoveredUsage": "Usage",
    "DiscountedUsage": "Usage",
    "Refund": "Usage",
    "SavingsPlanRecurringFee": "Purchase",
    "RIFee": "Purchase",
}


def in_cur(cost, effective, line_type, service, tags, more) -> dict[str, Any]:
    line = cur_line(cost, type=line_type, **service, product_region_code="us-east-1", **more)
    line["resource_tags"] = {f"user_{key.replace('-', '_')}": tags[key] for key in tags}
    if line_type.startswith("SavingsPlan"):
        line["savings_plan_savings_plan_a_r_n"] = PLAN
    if line_type in ("DiscountedUsage", "RIFee"):
        line["reservation_reservation_a_r_n"] = RESERVATION
    match line_type:
        case "SavingsPlanCoveredUsage":
            line["savings_plan_savings_plan_effective_cost"] = effective
        case "SavingsPlanRecurringFee":
            line["savings_plan_total_commitment_to_date"] = cost
            line["savings_plan_used_commitment"] = 0.6
        case "DiscountedUsage":
            line["reservation_effective_cost"] = effective
        case "RIFee":
            line["reservation_unused_recurring_fee"] = effective
    return line


def in_legacy(*logical) -> dict[str, Any]:
    line = legacy_line(in_cur(*logical) | {"resource_tags": {}})
    return line | {f"resourceTags/user:{key}": value for key, value in logical[4].items()}


def in_focus(cost, effective, line_type, service, tags, more) -> list[dict[str, Any]]:
    code = service["line_item_product_code"]
    line = focus_line(
        BilledCost=repr(cost),
        EffectiveCost=repr(cost if effective is None else effective),
        ChargeCategory=CATEGORIES.get(line_type, line_type),
        ChargeClass="Correction" if line_type == "Refund" else "",
        ServiceName=NAMES[code][0],
        ServiceCategory=NAMES[code][1],
        SkuMeter=more.get("usage_type", "BoxUsage:m5.large"),
        SubAccountId=more.get("line_item_usage_account_id", "000000000002"),
        x_ServiceCode=code,
        tags=tags,
    )
    commitment = {"ResourceId": PLAN if line_type.startswith("Savings") else RESERVATION}
    match line_type:
        case "SavingsPlanNegation":
            return []
        case "SavingsPlanCoveredUsage":
            return [line | {"BilledCost": "0"}]
        case "SavingsPlanRecurringFee" | "RIFee":
            unused = {"BilledCost": "0", "ChargeCategory": "Usage"}
            return [line | commitment | {"EffectiveCost": "0"}, line | commitment | unused]
    return [line]


def write(kind: str, folder: Path) -> Path:
    if kind == "CUR 2.0":
        types = {"product_region_code": "VARCHAR"}
        lines = [in_cur(*logical) for logical in LINES]
        return write_cur(folder / "bill.parquet", lines, types=types)
    if kind == "legacy CUR":
        return write_legacy(folder / "bill.csv.gz", [in_legacy(*logical) for logical in LINES])
    focus = [line for logical in LINES for line in in_focus(*logical)]
    return write_focus(folder / "bill.csv.gz", focus[::-1])


@pytest.mark.parametrize("cost", ["EffectiveCost", "BilledCost"])
def test_give_the_same_bytes(tmp_path, cost):
    signals = write_signals(
        tmp_path / "signals.csv",
        "bytes 2026-10-03T04:00:00Z globex 3",
        "bytes 2026-10-03T04:00:00Z acme 4",
    )
    written: dict[str, set[bytes]] = {}
    ruleset = f"{RULESET}cost: {cost}\n"
    for kind in ("CUR 2.0", "legacy CUR", "FOCUS 1.2"):
        bill = write(kind, tmp_path / kind)
        run = run_of(bill, tmp_path / kind, ruleset, [signals], run_id=None, is_prepared=True)
        assert run.proof.difference == 0
        for path in (tmp_path / kind / "run").iterdir():
            written.setdefault(path.name, set()).add(path.read_bytes())
    assert {name: len(contents) for name, contents in written.items()} == dict.fromkeys(
        ("allocations.parquet", "proof.json", "statements.csv", "unallocated.csv", "usage.csv"), 1
    )


def test_name_their_run_by_what_came_out_and_by_the_ruleset(tmp_path):
    bill = write("FOCUS 1.2", tmp_path)
    run_ids = [
        run_of(bill, tmp_path / str(at), ruleset, run_id=None).run_id
        for at, ruleset in enumerate((RULESET, RULESET, RULESET.replace("cost-centre", "team")))
    ]
    assert run_ids[0] == run_ids[1] != run_ids[2]
