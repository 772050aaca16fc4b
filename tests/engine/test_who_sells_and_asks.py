"""Selectors for who sells a line, and labels out of who made its request."""

from functools import cache

import duckdb
import pytest

from shared.configuration import parse_configuration
from shared.faults import BadConfiguration
from tests.bills import (
    RULESET,
    amounts,
    cur_line,
    focus_line,
    legacy_line,
    rows_of,
    run_of,
    write_cur,
    write_legacy,
)
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

MARKET = {
    "PublisherName": "Seller One Ltd",
    "InvoiceIssuerName": "AWS Inc",
    "x_BillingEntity": "AWS Marketplace",
}
OWN = {"PublisherName": "AWS", "InvoiceIssuerName": "AWS EMEA", "x_BillingEntity": "AWS"}
STS = "arn:aws:sts::123456789012:assumed-role"
IAM = "arn:aws-cn:iam::123456789012"


@pytest.mark.parametrize(
    "when",
    [
        "{seller: ['Seller *']}",
        "{publisher: ['Seller *']}",
        "{invoice_issuer: [AWS Inc]}",
        "{billing_entity: [AWS Marketplace]}",
        "{seller: ['Seller *'], billing_entity: ['AWS M*'], charge_category: [usage]}",
    ],
)
def test_a_rule_takes_the_lines_of_a_seller(tmp_path, when):
    lines = [focus_line(cost="90", **MARKET), focus_line(cost="10", **OWN)]
    rules = f"rules: [{{name: market, when: {when}, assign: {{exclude: market}}}}]\n"
    found = run_of(write_normalised(tmp_path / "bill", lines), tmp_path, RULESET + rules)
    assert amounts(found) == {"excluded:market": 90, "unallocated": 10}


@pytest.mark.parametrize("kind", ["CUR 2.0", "legacy CUR"])
def test_a_cur_has_the_entity_that_bills_and_the_principal(tmp_path, kind):
    lines = [
        cur_line(90, bill_billing_entity="AWS Marketplace", line_item_iam_principal=None),
        cur_line(
            10,
            bill_billing_entity="AWS",
            line_item_iam_principal=f"{STS}/tenant-acme/session",
            line_item_user_identifier="user-globex",
        ),
    ]
    types = dict.fromkeys(
        ("bill_billing_entity", "line_item_iam_principal", "line_item_user_identifier"), "VARCHAR"
    )
    if kind == "CUR 2.0":
        bill = write_cur(tmp_path / "bill.parquet", lines, types=types)
    else:
        bill = write_legacy(tmp_path / "bill.csv", [legacy_line(line) for line in lines])
    rules = RULESET.replace('"tag:customer"', '"iam.principal:role:tenant-*"')
    rules += (
        "rules: [{name: market, when: {billing_entity: AWS Marketplace}, assign: {exclude: m}}]\n"
    )
    found = run_of(bill, tmp_path, rules)
    assert amounts(found) == {"excluded:m": 90, "acme": 10}


PRINCIPALS = [
    ("role:tenant-*", f"{STS}/tenant-acme/s-1", "acme"),
    ("role:tenant-*", f"{IAM}:role/path/to/tenant-acme", "acme"),
    ("role:*", f"{IAM}:role/acme", "acme"),
    ("role:*-bedrock", f"{STS}/acme-bedrock/globex", "acme"),
    ("role:tenant-*", f"{STS}/other-acme/tenant-acme", "unallocated"),
    ("role:tenant.*", f"{STS}/tenant-acme/s", "unallocated"),
    ("session:*@acme.example", f"{STS}/shared/globex@acme.example", "globex"),
    ("session:*", f"{IAM}:role/acme", "unallocated"),
    ("user:svc-*", f"{IAM}:user/apps/svc-acme", "acme"),
    ("user:svc-*", f"{STS}/svc-acme/svc-acme", "unallocated"),
    ("identifier:id/*", "", "globex"),
    ("role:tenant-*", "", "unallocated"),
    ("role:*", "acme", "unallocated"),
]


@cache
def tenants_by_principal(source):
    """Of a bill with a line for each principal that is asked for by this source."""
    principals = [principal for of, principal, _ in PRINCIPALS if of == source]
    lines = [
        focus_line(x_IamPrincipal=principal, x_UserIdentifier="id/globex", ServiceName=f"s{at}")
        for at, principal in enumerate(principals)
    ]
    ruleset = RULESET.replace('"tag:customer"', f"'iam.principal:{source}'")
    found = owners_of(lines, ruleset)
    return {principal: found[f"s{at}"] for at, principal in enumerate(principals)}


def owners_of(lines, ruleset):
    """By the services of the lines: who got how much."""
    with work_folder("owners") as work:
        run_of(write_normalised(work / "bill", lines), work, ruleset)
        query = "SELECT service, tenant, sum(amount) FROM rows GROUP BY ALL"
        rows = rows_of(work / "run/allocations.parquet", query)
    return {
        service: {tenant: amount for of, tenant, amount in rows if of == service}
        for service, _, _ in rows
    }


@pytest.mark.parametrize(("source", "principal", "tenant"), PRINCIPALS)
def test_a_principal_names_the_tenant(source, principal, tenant):
    assert tenants_by_principal(source)[principal] == {tenant: 1}


@pytest.mark.parametrize(
    ("written", "field", "words"),
    [
        ("labels: {tenant: ['iam.principal:tenant-*']}", "labels.tenant[0]", "role, session, user"),
        ("labels: {tenant: ['iam.principal:role:acme']}", "labels.tenant[0]", "exactly one `*`"),
        ("labels: {tenant: ['iam.principal:role:*-*']}", "labels.tenant[0]", "exactly one `*`"),
        (
            "rules: [{name: a, when: {charge_category: [Discount]}, assign: {exclude: x}}]",
            "rules[0].when.charge_category",
            "`Discount` is none of FOCUS's Adjustment, Credit, Purchase, Tax, Usage",
        ),
        (
            "rules: [{name: a, when: {commitment: [Idle]}, assign: {exclude: x}}]",
            "rules[0].when.commitment",
            "`Idle` is none of FOCUS's Unused, Used",
        ),
    ],
)
def test_what_can_not_be_is_refused_by_line_and_field(written, field, words):
    head = RULESET.split("labels:", maxsplit=1)[0].strip()
    labels = "" if "labels:" in written else "labels: {tenant: ['tag:x']}\n"
    with pytest.raises(BadConfiguration, match=r"trueback.yaml, line [45]") as refused:
        parse_configuration(f"{head}\n{labels}{written}\n")
    assert refused.value.field == field
    assert words in str(refused.value)


@cache
def owners_by_category(written):
    """Of a rule of this word, and a bill with each way to bill it in a line of its own."""
    lines = [
        focus_line(cost="-3", ChargeCategory=billed, ServiceName=billed)
        for billed in ("Credit", "credit")
    ]
    when = f"{{charge_category: ['{written}']}}"
    rules = f"rules: [{{name: c, when: {when}, assign: {{tenant: acme}}}}]\n"
    return owners_of([*lines, focus_line(cost="5", ServiceName="other")], RULESET + rules)


@pytest.mark.parametrize("written", ["credit", "CREDIT", "Credit", "cr*"])
@pytest.mark.parametrize("billed", ["Credit", "credit"])
def test_a_charge_category_is_compared_without_case(written, billed):
    found = owners_by_category(written)
    assert (found[billed], found["other"]) == ({"acme": -3}, {"unallocated": 5})


def test_a_snapshot_of_before_has_none_of_them(tmp_path):
    bill = write_normalised(tmp_path / "bill", [focus_line(**MARKET)])
    rules = "rules: [{name: m, when: {billing_entity: [AWS*]}, assign: {exclude: m}}]\n"
    old = tmp_path / "old.parquet"
    with duckdb.connect() as session:
        whole = session.read_parquet(str(bill.parts[0]))
        added = "x_BillingEntity, x_IamPrincipal, x_UserIdentifier"
        whole.project(f"* EXCLUDE ({added})").write_parquet(str(old))
    old.rename(bill.parts[0])
    assert amounts(run_of(bill, tmp_path, RULESET + rules)) == {"unallocated": 1}
