"""What the ruleset names and the bill has not is said, with what is near and the money of it."""

import pytest

from tests.bills import RULESET, focus_line, run_of, write_signals, write_workloads
from tests.engine.test_workloads import node, pod
from tests.normalised_bills import write_normalised

BILL = (
    focus_line(cost="3", tags={"customer": "acme"}),
    focus_line(cost="10", ServiceName="Amazon VPC", SkuMeter="NatGateway-Bytes"),
    focus_line(cost="5", tags={"customer": "globex", "app": "search"}),
)


def notes(work, rules, *lines, signals=()):
    found = run_of(
        write_normalised(work / "bill", lines or BILL),
        work,
        RULESET + rules,
        [write_signals(work / "signals.csv", *signals)],
    )
    assert found.proof.difference == 0
    return [each.message for each in found.findings]


def pool(when, drivers="[{even: true}]"):
    return f"pools: [{{name: nat, when: {when}, drivers: {drivers}}}]\n"


@pytest.mark.parametrize(
    ("rules", "note"),
    [
        (
            pool("{service: [AmazonVPC]}"),
            (
                "Pool nat took nothing: no line has the service `AmazonVPC` (nearest: `Amazon VPC`,"
                " of which 10.0000000000 USD are unallocated)."
            ),
        ),
        (
            pool("{usage_type: [NatGatway*]}"),
            "Pool nat took nothing: no line has the usage_type `NatGatway*`.",
        ),
        (
            pool("{usage_type: ['NatGateway*', 'LoadBalancer*']}"),
            "Pool nat: no line has the usage_type `LoadBalancer*`.",
        ),
        (
            pool("{tags: {app: [search, serach]}}") + "labels: {tenant: ['tag:x']}\n",
            "Pool nat: no line has the tag `app` with `serach`.",
        ),
        (
            pool("{service: ['Amazon VPC'], region: [mars]}"),
            "Pool nat took nothing: no line has the region `mars`.",
        ),
        (
            (
                "rules: [{name: a, when: {service: [Amazon*]}, assign: {overhead: x}},"
                " {name: b, when: {service: ['Amazon VPC']}, assign: {overhead: y}}]\n"
            ),
            (
                "Rule b took nothing: no line has all that its `when` names, or what is asked"
                " before it took those that have."
            ),
        ),
        (
            "pools: [{name: nat, drivers: [{even: true}]}]\n",
            "Pool nat: no rule and no other pool gave it anything.",
        ),
        (
            "defaults: {accounts: {'2': acme}}\n",
            (
                "`defaults.accounts` gives `2` to acme, and no line is of that account (nearest:"
                " `000000000002`, of which 10.0000000000 USD are unallocated)."
            ),
        ),
        (
            "defaults: {accounts: {'999999999999': acme}}\n",
            "`defaults.accounts` gives `999999999999` to acme, and no line is of that account.",
        ),
        (
            "commitments: {smoothed: group}\ncommitment_groups: {prod: ['999999999999']}\n",
            "`commitment_groups` has `999999999999` in prod, and no line is of that account.",
        ),
    ],
)
def test_a_name_that_met_nothing_is_noted(tmp_path, rules, note):
    base = RULESET
    if "labels:" in rules:
        base = base.replace('labels: {tenant: ["tag:customer"]}\n', "")
    found = run_of(write_normalised(tmp_path / "bill", BILL), tmp_path, base + rules)
    assert note in [each.message for each in found.findings]


@pytest.mark.parametrize(
    "rules",
    [
        pool("{service: ['Amazon VPC']}"),
        pool("{charge_category: [Credit]}"),
        pool("{commitment: [Unused], service: ['Amazon VPC']}"),
        pool("{service: [Elsewhere], dates: {to: 2026-10-01}}"),
        pool("{service: [Elsewhere], dates: {from: 2026-11-01}}"),
        (
            "pools: [{name: a, when: {service: ['Amazon VPC']}, drivers: [{weights: {'pool:b': 1}}]"
            "}, {name: b, drivers: [{even: true}]}]\n"
        ),
        (
            "rules: [{name: a, when: {service: ['Amazon VPC']}, assign: {pool: b}}]\n"
            "pools: [{name: b, drivers: [{even: true}]}]\n"
        ),
        "defaults: {accounts: {'000000000002': acme}}\n",
    ],
)
def test_what_met_something_or_may_well_meet_nothing_is_not(tmp_path, rules):
    assert notes(tmp_path, rules) == []


@pytest.mark.parametrize(("role", "is_noted"), [("tenant-acme", False), ("other", True)])
def test_a_pattern_that_fits_no_principal_is_noted(tmp_path, role, is_noted):
    rules = RULESET.replace('"tag:customer"', '"tag:customer", "iam.principal:role:tenant-*"')
    lines = [*BILL, focus_line(x_IamPrincipal=f"arn:aws:sts::1:assumed-role/{role}/s")]
    found = run_of(write_normalised(tmp_path / "bill", lines), tmp_path, rules)
    noted = [each.message for each in found.findings if each.kind == "absent-label"]
    assert bool(noted) == is_noted
    assert all("`iam.principal:role:tenant-*` fits no line's principal" in each for each in noted)


def test_tenants_with_nothing_are_named_once(tmp_path):
    rules = RULESET.replace(
        "{key: globex}",
        "{key: globex}, {key: gone, active: {to: 2026-10-01}}, "
        + ", ".join(f"{{key: t{at}}}" for at in range(7)),
    )
    lines = [focus_line(cost="3", tags={"customer": "acme"})]
    signals = [write_signals(tmp_path / "s.csv", "bytes 2026-10-03T04:00:00Z globex 1")]
    found = run_of(write_normalised(tmp_path / "bill", lines), tmp_path, rules, signals)
    [note] = [each.message for each in found.findings]
    assert "is of `t0`, `t1`, `t2`, `t3`, `t4` and 2 more:" in note


def test_at_most_twenty_rules_are_named(tmp_path):
    listed = ", ".join(
        f"{{name: r{at}, when: {{service: [no{at}]}}, assign: {{overhead: x}}}}" for at in range(23)
    )
    found = notes(tmp_path, f"rules: [{listed}]\n")
    assert len(found) == 21
    assert found[-1] == "3 more rules and pools name what the month has not."


def test_a_label_that_no_pod_has_is_noted(tmp_path):
    ruleset = RULESET.replace('"tag:customer"', '"tag:customer", "k8s.label:tennant"')
    found = run_of(
        write_normalised(tmp_path / "bill", [node(), focus_line(tags={"customer": "globex"})]),
        tmp_path,
        ruleset,
        workloads=[write_workloads(tmp_path / "w.csv", [pod("web", "acme")])],
    )
    assert (
        "Label tenant: no row of the workloads has `k8s.label:tennant`. Did you mean `tenant`?"
        in [each.message for each in found.findings]
    )


def test_a_cluster_and_a_namespace_that_no_workload_is_of_are_noted(tmp_path):
    rules = (
        "defaults: {clusters: {prodd: acme, prod: globex, 'eu-*': acme}}\n"
        "rules: [{name: web, when: {k8s: {namespace: [webb, w*], cluster: [prod]}},"
        " assign: {tenant: acme}}]\n"
    )
    found = run_of(
        write_normalised(tmp_path / "bill", [node()]),
        tmp_path,
        RULESET + rules,
        workloads=[write_workloads(tmp_path / "w.csv", [pod("web", "acme", namespace="web")])],
    )
    noted = [
        each.message for each in found.findings if "no row of the workloads is" in each.message
    ]
    prodd = "`defaults.clusters` gives `prodd` to acme, and no row of the workloads is of it"
    assert noted == [
        f"{prodd} (nearest: `prod`).",
        "`defaults.clusters` gives `eu-*` to acme, and no row of the workloads is of it.",
        "Rule web has the namespace `webb`, and no row of the workloads is of it (nearest: `web`).",
    ]


def test_at_most_twenty_clusters_are_named(tmp_path):
    clusters = ", ".join(f"c{at}: acme" for at in range(23))
    found = run_of(
        write_normalised(tmp_path / "bill", [node()]),
        tmp_path,
        f"{RULESET}defaults: {{clusters: {{{clusters}}}}}\n",
        workloads=[write_workloads(tmp_path / "w.csv", [pod("web", "acme")])],
    )
    noted = [each.message for each in found.findings]
    assert sum("no row of the workloads is" in text for text in noted) == 20
    assert "3 more clusters and namespaces are not in the workloads." in noted
