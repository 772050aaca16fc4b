"""Pods on nodes, golden cases: a node of 4 vCPU and 16 GiB costs 36 : 16 for its vCPU and GiB."""

from decimal import Decimal

import pytest

from tests.bills import (
    RULESET,
    amounts,
    focus_line,
    notes_of,
    rows_of,
    run_of,
    write_signals,
    write_workloads,
)
from tests.normalised_bills import write_normalised

LABELS = (
    '"tag:customer", "k8s.label:tenant", "k8s.annotation:tenant",'
    ' "k8s.namespace-label:tenant", "k8s.namespace-annotation:trueback.io/tenant"'
)
PODS = RULESET.replace('"tag:customer"', LABELS)
NODE = "i-0aa"


def node(cost="52", hour=4, until=None, resource=NODE, **changes):
    times = {
        "ChargePeriodStart": f"2026-10-03T{hour:02d}:00:00Z",
        "ChargePeriodEnd": until or f"2026-10-03T{hour + 1:02d}:00:00Z",
    }
    return focus_line(cost=cost, ResourceId=resource, **(times | changes))


def host(hour=4, on=NODE, cpu="4", memory="16", cluster="prod", **changes):
    """What a node had, without a pod."""
    return {
        "cluster": cluster,
        "node": f"{on}.internal",
        "provider_id": f"aws:///us-west-2a/{on}",
        "namespace": "",
        "pod": "",
        "start": f"2026-10-03T{hour:02d}:00:00Z",
        "labels": "",
        "annotations": "",
        "namespace_labels": "",
        "namespace_annotations": "",
        "cpu_request_core_hours": "",
        "cpu_used_core_hours": "",
        "memory_request_gib_hours": "",
        "memory_used_gib_hours": "",
        "gpu_hours": "",
        "node_gpu_hours": "",
        "node_cpu_core_hours": cpu,
        "node_memory_gib_hours": memory,
        "volume_id": "",
        "claim": "",
        "storage_gib_hours": "",
    } | changes


def pod(name, tenant=None, cpu="1", memory="4", used=("0", "0"), **changes):
    return host(
        **{
            "namespace": "apps",
            "pod": name,
            "labels": {"tenant": tenant} if tenant else "",
            "cpu_request_core_hours": cpu,
            "cpu_used_core_hours": used[0],
            "memory_request_gib_hours": memory,
            "memory_used_gib_hours": used[1],
        }
        | changes
    )


def volume(resource, claim, namespace="apps", size="10", **changes):
    empty = {"provider_id": "", "node_cpu_core_hours": "", "node_memory_gib_hours": ""}
    named = {"volume_id": resource, "claim": claim, "storage_gib_hours": size}
    return host(**(empty | named | {"namespace": namespace} | changes))


def run(work, lines, rows, ruleset=PODS, signals=()):
    bill = write_normalised(work / "bill", lines)
    given = [write_signals(work / "signals.csv", *signals)] if signals else []
    workloads = [write_workloads(work / "workloads.csv", rows)]
    return run_of(bill, work, ruleset, given, workloads=workloads)


def methods(found):
    return {(each.tenant, each.method) for each in found.statements}


class TestANode:
    def test_is_split_by_requests_and_what_nobody_took_is_idle(self, tmp_path):
        # 1/4 of the 36 for vCPUs, 1/4 and 1/2 of the 16 for GiB.
        rows = [pod("a", "acme"), pod("b", "globex", memory="8")]
        found = run(tmp_path, [node()], rows)
        assert amounts(found) == {"acme": 13, "globex": 17, "idle:prod": 22}
        assert methods(found) == {("acme", "pod"), ("globex", "pod"), ("idle:prod", "none")}
        assert {each.charge_group for each in found.statements} == {"Compute"}
        assert found.proof.unallocated_total == 22
        assert found.proof.difference == 0
        assert found.unallocated == ()

    def test_takes_the_larger_of_requested_and_used_per_resource(self, tmp_path):
        found = run(tmp_path, [node()], [pod("a", "acme", cpu="1", used=("2", "1"))])
        assert amounts(found) == {"acme": 18 + 4, "idle:prod": 18 + 12}

    def test_that_is_overcommitted_is_shared_out_whole_and_has_no_idle(self, tmp_path):
        # 8 vCPU-hours were taken of 4: 6/8 and 2/8 of 36; of the GiB 4 and 4 of 16.
        rows = [pod("a", "acme", used=("6", "0")), pod("b", "globex", cpu="2")]
        found = run(tmp_path, [node()], rows)
        assert amounts(found) == {"acme": 27 + 4, "globex": 9 + 4, "idle:prod": 8}

    def test_is_found_by_its_arn_too(self, tmp_path):
        arn = f"arn:aws:ec2:us-west-2:000000000002:instance/{NODE}"
        assert amounts(run(tmp_path, [node(resource=arn)], [pod("a", "acme")]))["acme"] == 13

    def test_with_several_lines_in_an_hour_is_split_line_by_line(self, tmp_path):
        # Half an hour under a savings plan, half on demand, and a credit that is not clamped.
        lines = [
            node("26", SkuMeter="BoxUsage"),
            node("52", SkuMeter="BoxUsage"),
            node("-104", ChargeCategory="Credit"),
        ]
        found = run(tmp_path, lines, [pod("a", "acme")])
        assert amounts(found) == {"acme": Decimal("-6.5"), "idle:prod": Decimal("-19.5")}

    def test_with_a_line_for_the_day_is_split_by_the_days_pods(self, tmp_path):
        rows = [pod("a", "acme", hour=4), pod("b", "globex", hour=5), host(hour=6), host(hour=7)]
        found = run(tmp_path, [node(hour=0, until="2026-10-04T00:00:00Z")], rows)
        assert amounts(found) == {"acme": Decimal("3.25"), "globex": Decimal("3.25")} | {
            "idle:prod": Decimal("45.5")
        }

    def test_without_pods_is_idle(self, tmp_path):
        assert amounts(run(tmp_path, [node()], [host()])) == {"idle:prod": 52}

    def test_in_an_hour_the_workloads_are_silent_about_is_idle_and_said(self, tmp_path):
        found = run(tmp_path, [node(), node(hour=9)], [pod("a", "acme")])
        assert amounts(found) == {"acme": 13, "idle:prod": 39 + 52}
        assert [each.kind for each in notes_of(found)] == ["silent-node"]
        assert "52.0000000000 USD" in notes_of(found)[0].message

    def test_that_no_line_names_is_said(self, tmp_path):
        found = run(tmp_path, [node()], [pod("a", "acme"), pod("b", "globex", on="i-0bb")])
        assert amounts(found) == {"acme": 13, "idle:prod": 39}
        assert [each.kind for each in notes_of(found)] == ["unbilled-node"]
        assert "i-0bb" in notes_of(found)[0].message

    def test_in_two_pieces_of_an_hour_has_the_sum_of_both(self, tmp_path):
        half = {"cpu": "1", "memory": "2", "node_cpu_core_hours": "2", "node_memory_gib_hours": "8"}
        rows = [
            pod("a", "acme", **half),
            pod("a", "acme", **half, start="2026-10-03T04:30:00Z"),
        ]
        found = run(tmp_path, [node()], rows)
        assert amounts(found) == {"acme": 18 + 4, "idle:prod": 18 + 12}
        (note,) = notes_of(found)
        assert f"pieces of it on the node {NODE}: " in note.message

    @pytest.mark.parametrize(
        "later",
        [
            {"start": "2026-10-03T04:30:00Z", "node_cpu_core_hours": "2"},
            {"start": "2026-10-03T04:30:00Z"},
            {"start": "2026-10-03T04:17:00Z", "node_memory_gib_hours": "12"},
        ],
    )
    def test_had_in_an_hour_what_the_largest_of_its_rows_says_however_late_pods_began(
        self, tmp_path, later
    ):
        rows = [
            pod("a", "acme", cpu="2", memory="8"),
            pod("b", "globex", cpu="2", memory="8", **later),
        ]
        found = run(tmp_path, [node()], rows)
        assert amounts(found) == {"acme": 26, "globex": 26}
        assert notes_of(found) == []

    def test_on_which_a_pod_came_back_had_no_more_for_it(self, tmp_path):
        rows = [
            pod("a", "acme", cpu="0.5", memory="2"),
            pod("a", "acme", cpu="0.5", memory="2", start="2026-10-03T04:17:00Z"),
            pod("b", "globex", cpu="3", memory="12"),
        ]
        assert amounts(run(tmp_path, [node()], rows)) == {"acme": 13, "globex": 39}

    def test_splits_odd_quanta_by_largest_remainder(self, tmp_path):
        rows = [pod(name, name, cpu="2", memory="8") for name in ("acme", "globex")]
        for cost in ("0.0000000003", "-0.0000000003"):
            found = run(tmp_path, [node(cost)], rows)
            assert sum(amounts(found).values()) == Decimal(cost)
            assert "idle:prod" not in amounts(found)


class TestAnInstanceOutsideTheWorkloads:
    def test_of_a_cluster_by_its_tag_is_an_unknown_node(self, tmp_path):
        other = node("7", resource="i-0ff", tags={"aws:eks:cluster-name": "dev"})
        found = run(tmp_path, [node(), other, node("5", resource="i-0ee")], [pod("a", "acme")])
        assert amounts(found) == {"acme": 13, "idle:prod": 39, "unallocated": 12}
        assert {(each.reason, each.tag_value, each.amount) for each in found.unallocated} == {
            ("unknown-node", "dev", 7),
            ("no-label", "", 5),
        }

    def test_falls_to_its_clusters_default(self, tmp_path):
        other = node("7", resource="i-0ff", tags={"aws:eks:cluster-name": "dev"})
        ruleset = PODS + "defaults: {clusters: {dev: globex}}\n"
        assert amounts(run(tmp_path, [node(), other], [host()], ruleset))["globex"] == 7


class TestAPodsTenant:
    SAYS = (
        ("labels", "tenant"),
        ("annotations", "tenant"),
        ("namespace_labels", "tenant"),
        ("namespace_annotations", "trueback.io/tenant"),
    )

    @pytest.mark.parametrize("first", range(4))
    def test_is_the_first_that_the_ruleset_lists(self, tmp_path, first):
        says = {
            column: {key: "acme" if at == first else "globex"}
            for at, (column, key) in enumerate(self.SAYS)
            if at >= first
        }
        assert amounts(run(tmp_path, [node()], [pod("a", **says)]))["acme"] == 13

    def test_is_of_its_cluster_s_namespace_alone(self, tmp_path):
        says = {"namespace_labels": {"tenant": "acme"}}
        rows = [pod("a", **says), pod("b", on="i-0bb", cluster="dev")]
        found = run(tmp_path, [node(), node(resource="i-0bb")], rows)
        assert amounts(found) == {"acme": 13, "unallocated": 13, "idle:prod": 39, "idle:dev": 39}

    def test_that_nobody_knows_is_named_with_its_money(self, tmp_path):
        found = run(tmp_path, [node()], [pod("a", "stranger"), pod("b", cpu="2")])
        assert amounts(found) == {"unmapped:stranger": 13, "unallocated": 22, "idle:prod": 17}
        assert [
            (each.reason, each.tag_key, each.tag_value, each.amount) for each in found.unallocated
        ] == [
            ("no-label", "k8s.label:tenant", "", 22),
            ("unknown-value", "k8s.label:tenant", "stranger", 13),
        ]

    def test_that_nobody_knows_falls_to_the_cluster_s_default(self, tmp_path):
        ruleset = PODS + "defaults: {clusters: {prod: globex}}\n"
        found = run(tmp_path, [node()], [pod("a", "acme"), pod("b")], ruleset)
        assert amounts(found) == {"acme": 13, "globex": 13, "idle:prod": 26}
        assert ("globex", "default") in methods(found)

    def test_is_a_known_one_only_while_it_is_active(self, tmp_path):
        ruleset = PODS.replace("{key: globex}", "{key: globex, active: {to: 2026-10-03}}")
        found = run(tmp_path, [node()], [pod("a", "globex")], ruleset)
        assert amounts(found) == {"unmapped:globex": 13, "idle:prod": 39}


class TestANodeWithATenantsTag:
    def test_is_that_tenants_whole(self, tmp_path):
        found = run(tmp_path, [node(tags={"customer": "globex"})], [pod("a", "acme")])
        assert amounts(found) == {"globex": 52}
        assert methods(found) == {("globex", "label")}

    def test_that_nobody_knows_is_split(self, tmp_path):
        found = run(tmp_path, [node(tags={"customer": "fleet"})], [pod("a", "acme"), pod("b")])
        assert amounts(found) == {"acme": 13, "unmapped:fleet": 13, "idle:prod": 26}

    def test_listed_after_the_pods_label_takes_what_these_leave(self, tmp_path):
        ruleset = RULESET.replace('"tag:customer"', '"k8s.label:tenant", "tag:customer"')
        line = node(tags={"customer": "globex"})
        found = run(tmp_path, [line], [pod("a", "acme"), pod("b")], ruleset)
        assert amounts(found) == {"acme": 13, "globex": 39}
        assert methods(found) == {("acme", "pod"), ("globex", "label")}


class TestARule:
    def rules(self, *rules):
        return PODS + "rules:\n" + "".join(f"  - {rule}\n" for rule in rules)

    def test_takes_pods_by_cluster_namespace_and_label(self, tmp_path):
        when = "{cluster: prod, namespace: 'app*', labels: {app: [search]}}"
        ruleset = self.rules(f"{{name: r, when: {{k8s: {when}}}, assign: {{tenant: globex}}}}")
        search = {"labels": {"tenant": "acme", "app": "search"}}
        rows = [pod("a", "acme"), pod("b", **search), pod("c", namespace="x", **search)]
        found = run(tmp_path, [node()], rows, ruleset)
        assert amounts(found) == {"acme": 26, "globex": 13, "idle:prod": 13}
        assert ("globex", "rule") in methods(found)

    @pytest.mark.parametrize(
        ("assign", "recipient"),
        [("overhead: platform", "overhead:platform"), ("exclude: own", "excluded:own")],
    )
    def test_gives_pods_to_overhead_or_leaves_them_out(self, tmp_path, assign, recipient):
        rule = f"{{name: r, when: {{k8s: {{namespace: [kube-*]}}}}, assign: {{{assign}}}}}"
        rows = [pod("a", "acme"), pod("dns", namespace="kube-system")]
        found = run(tmp_path, [node()], rows, self.rules(rule))
        assert amounts(found) == {"acme": 13, recipient: 13, "idle:prod": 26}

    def test_gives_pods_to_a_pool_that_splits_them_further(self, tmp_path):
        rule = "{name: r, when: {k8s: {labels: {app: [dns]}}}, assign: {pool: shared}}"
        pools = "pools: [{name: shared, drivers: [{weights: {acme: 1, globex: 3}}]}]\n"
        rows = [pod("a", "acme"), pod("dns", labels={"app": "dns", "tenant": "acme"}, cpu="2")]
        found = run(tmp_path, [node()], rows, self.rules(rule) + pools)
        assert amounts(found) == {
            "acme": 13 + Decimal("5.5"),
            "globex": Decimal("16.5"),
            "idle:prod": 17,
        }

    def test_for_whole_lines_takes_a_node_before_its_pods(self, tmp_path):
        whole = "{name: w, when: {service: ['*']}, assign: {overhead: o}}"
        some = "{name: s, when: {k8s: {namespace: [apps]}}, assign: {tenant: globex}}"
        rows = [pod("a", "acme")]
        assert amounts(run(tmp_path, [node()], rows, self.rules(whole, some))) == {"overhead:o": 52}
        # In the other order the rule for pods takes its part, and the other what is left.
        found = run(tmp_path, [node()], rows, self.rules(some, whole))
        assert amounts(found) == {"globex": 13, "overhead:o": 39}

    def test_of_pods_takes_no_line_that_has_none(self, tmp_path):
        rule = "{name: r, when: {k8s: {cluster: [prod]}}, assign: {tenant: globex}}"
        lines = [node(), node("5", resource="i-0ee")]
        found = run(tmp_path, lines, [pod("a", "acme")], self.rules(rule))
        assert amounts(found) == {"globex": 13, "idle:prod": 39, "unallocated": 5}


class TestSystemNamespaces:
    POOL = (
        "pools:\n  - {name: system, when: {k8s: {namespace: [kube-*]}},"
        " drivers: [{signal: requests}, {proportional: direct}], per: hour}\n"
    )
    ROWS = (pod("a", "acme", cpu="2", memory="8"), pod("b", "globex"))

    def test_are_a_pool_that_is_split_by_its_signal(self, tmp_path):
        rows = [*self.ROWS, pod("dns", namespace="kube-system")]
        signals = ["requests 2026-10-03T04:00:00Z globex 1"]
        found = run(tmp_path, [node()], rows, PODS + self.POOL, signals)
        assert amounts(found) == {"acme": 26, "globex": 13 + 13}
        assert ("globex", "pool-signal") in methods(found)
        assert found.coverage.pools[0].amount == 13

    def test_fall_back_to_what_the_pods_cost_directly(self, tmp_path):
        rows = [*self.ROWS, pod("dns", namespace="kube-system")]
        found = run(tmp_path, [node("156")], rows, PODS + self.POOL)
        assert amounts(found) == {"acme": 78 + 26, "globex": 39 + 13}
        assert found.coverage.by_fallback == 39

    def test_of_a_pool_that_uses_another_are_solved_with_it(self, tmp_path):
        pools = (
            "pools:\n"
            "  - {name: system, when: {k8s: {namespace: [kube-*]}},"
            " drivers: [{weights: {acme: 1, 'pool:monitoring': 1}}]}\n"
            "  - {name: monitoring, drivers: [{weights: {globex: 1, 'pool:system': 1}}]}\n"
        )
        rows = [pod("dns", namespace="kube-system", cpu="4", memory="16")]
        # Half to acme, half by monitoring, of which half to globex and half back: 2/3 and 1/3.
        found = run(tmp_path, [node("54")], rows, PODS + pools)
        assert amounts(found) == {"acme": 36, "globex": 18}

    def test_whose_label_names_a_tenant_are_that_tenants(self, tmp_path):
        found = run(tmp_path, [node()], [pod("a", "acme", namespace="kube-x")], PODS + self.POOL)
        assert amounts(found) == {"acme": 13, "idle:prod": 39}


class TestIdle:
    ROWS = (
        pod("a", "acme", cpu="2", memory="4", used=("1", "8")),
        pod("b", "globex", cpu="1", memory="4", on="i-0bb"),
        pod("c", "globex", cpu="0", memory="0", used=("2", "4")),
    )

    def lines(self):
        return [node(), node(resource="i-0bb")]

    def test_stays_with_the_operator_as_overhead(self, tmp_path):
        found = run(tmp_path, self.lines(), self.ROWS, PODS + "idle: overhead\n")
        assert amounts(found) == {"acme": 18 + 8, "globex": 22 + 13, "idle:prod": 4 + 39}

    def test_goes_proportional_to_what_was_taken_in_the_cluster(self, tmp_path):
        # Of vCPUs 27 are idle, taken 2 : 3; of GiB 4 + 12, taken 8 : 8.
        found = run(tmp_path, self.lines(), self.ROWS, PODS + "idle: proportional\n")
        assert amounts(found) == {
            "acme": 26 + Decimal("10.8") + 8,
            "globex": 35 + Decimal("16.2") + 8,
        }
        drivers = rows_of(tmp_path / "run/allocations.parquet", "SELECT DISTINCT driver FROM rows")
        assert sorted(drivers) == [("",), ("idle:proportional",)]

    def test_goes_to_those_whose_requests_hold_the_node(self, tmp_path):
        # On the first node acme alone requested anything, on the second globex.
        found = run(tmp_path, self.lines(), self.ROWS, PODS + "idle: reserved\n")
        assert amounts(found) == {"acme": 26 + 4, "globex": 35 + 39}

    @pytest.mark.parametrize(("policy", "acme"), [("proportional", 26), ("reserved", 26)])
    def test_of_a_node_without_pods_goes_by_the_cluster_that_hour(self, tmp_path, policy, acme):
        rows = [
            pod("a", "acme", cpu="2", memory="8"),
            pod("b", "globex", cpu="2", memory="8"),
            host(on="i-0bb"),
        ]
        found = run(tmp_path, self.lines(), rows, PODS + f"idle: {policy}\n")
        assert amounts(found) == {"acme": 26 + acme, "globex": 26 + acme}

    def test_stays_idle_where_nobody_ran_in_the_cluster(self, tmp_path):
        rows = [host(), pod("a", "acme", cluster="dev", on="i-0bb", cpu="4", memory="16")]
        found = run(tmp_path, self.lines(), rows, PODS + "idle: proportional\n")
        assert amounts(found) == {"acme": 52, "idle:prod": 52}

    def test_of_a_silent_hour_goes_by_both_resources_at_their_price(self, tmp_path):
        # The second node is silent: its 52 go by 9 x 2 + 4 = 22 to 9 x 1 + 2 = 11.
        rows = [
            pod("a", "acme", cpu="2", memory="4"),
            pod("b", "globex", cpu="1", memory="2"),
            host(on="i-0bb", hour=9),
        ]
        lines = [node("0"), node("33", resource="i-0bb")]
        found = run(tmp_path, lines, rows, PODS + "idle: proportional\n")
        assert amounts(found) == {"acme": 22, "globex": 11}

    def test_share_of_a_pool_is_split_by_the_pool(self, tmp_path):
        pool = "pools: [{name: sys, when: {k8s: {namespace: [kube-*]}}, drivers: [{even: true}]}]\n"
        rows = [pod("a", "acme"), pod("dns", namespace="kube-system")]
        found = run(tmp_path, [node()], rows, PODS + pool + "idle: proportional\n")
        assert amounts(found) == {"acme": 39, "globex": 13}


class TestAVolume:
    def ebs(self, cost="6", resource="vol-1", **changes):
        return node(cost, resource=resource, SkuMeter="EBS:VolumeUsage.gp3", **changes)

    def test_goes_to_its_claims_namespace(self, tmp_path):
        says = {"namespace_labels": {"tenant": "globex"}}
        found = run(tmp_path, [node(), self.ebs()], [host(), volume("vol-1", "data", **says)])
        assert amounts(found) == {"globex": 6, "idle:prod": 52}
        assert ("globex", "pod") in methods(found)

    def test_goes_to_the_pods_that_mount_its_claim_by_size(self, tmp_path):
        rows = [
            volume("vol-1", "data", size="20", pod="a", labels={"tenant": "acme"}),
            volume("vol-1", "data", size="10", pod="b", labels={"tenant": "globex"}),
        ]
        assert amounts(run(tmp_path, [self.ebs()], rows)) == {"acme": 4, "globex": 2}

    def test_row_without_labels_takes_those_of_its_pod_and_namespace(self, tmp_path):
        rows = [
            pod("a", "acme"),
            pod("b", namespace="db", namespace_labels={"tenant": "globex"}),
            volume("vol-1", "data", pod="a"),
            volume("vol-2", "data", namespace="db"),
        ]
        lines = [self.ebs(), self.ebs("3", "arn:aws:ec2:us-west-2:1:volume/vol-2"), node()]
        assert amounts(run(tmp_path, lines, rows)) == {
            "acme": 6 + 13,
            "globex": 3 + 13,
            "idle:prod": 26,
        }

    def test_of_an_hour_without_a_row_goes_by_the_periods(self, tmp_path):
        rows = [volume("vol-1", "data", labels={"tenant": "acme"}, hour=9)]
        assert amounts(run(tmp_path, [self.ebs()], rows)) == {"acme": 6}

    def test_of_the_node_itself_is_split_like_the_node(self, tmp_path):
        root = host(volume_id="vol-1", node_cpu_core_hours="", node_memory_gib_hours="")
        found = run(tmp_path, [node(), self.ebs("26")], [pod("a", "acme"), root])
        assert amounts(found) == {"acme": Decimal("19.5"), "idle:prod": Decimal("58.5")}

    def test_that_the_workloads_do_not_know_goes_on_to_pools(self, tmp_path):
        pool = "pools: [{name: p, when: {usage_type: ['EBS*']}, drivers: [{even: true}]}]\n"
        found = run(tmp_path, [node(), self.ebs(resource="vol-9")], [host()], PODS + pool)
        assert amounts(found) == {"acme": 3, "globex": 3, "idle:prod": 52}

    def test_with_a_tenants_tag_is_that_tenants(self, tmp_path):
        rows = [volume("vol-1", "data", labels={"tenant": "acme"})]
        assert amounts(run(tmp_path, [self.ebs(tags={"customer": "globex"})], rows)) == {
            "globex": 6
        }


class TestAPodOnFargate:
    ARN = "arn:aws:eks:us-west-2:000000000002:pod/prod/apps/a/0f9e"

    def fargate(self, *names, **changes):
        provider = {"provider_id": "aws:///us-west-2a/c0ffee/fargate-ip-10-0-0-1.internal"}
        return pod(*names, **(provider | changes))

    def test_takes_what_its_own_arn_is_charged(self, tmp_path):
        rows = [pod("b", "globex"), self.fargate("a", "acme")]
        lines = [node(), node("5", resource=self.ARN), node("7", 9, resource=self.ARN)]
        found = run(tmp_path, lines, rows, PODS + "idle: proportional\n")
        assert amounts(found) == {"globex": 52, "acme": 12}
        assert ("acme", "pod") in methods(found)

    def test_may_come_back_on_other_hosts(self, tmp_path):
        other = {"provider_id": "aws:///us-west-2a/dea/fargate-ip-10-0-0-2.internal"}
        rows = [self.fargate("a", "acme"), self.fargate("a", "globex", hour=5, **other)]
        lines = [node("5", resource=self.ARN), node("7", 5, resource=self.ARN)]
        assert amounts(run(tmp_path, lines, rows)) == {"acme": 5, "globex": 7}

    def test_that_no_line_names_is_said(self, tmp_path):
        found = run(tmp_path, [node()], [host(), self.fargate("z", "acme")])
        assert [each.kind for each in notes_of(found)] == ["unbilled-pod"]
        assert "pod/prod/apps/z" in notes_of(found)[0].message


class TestDimensions:
    def test_come_from_the_line_or_the_pod_as_the_ruleset_lists_them(self, tmp_path):
        ruleset = PODS.replace(
            "labels: {",
            'labels: {team: ["tag:team", "k8s.label:team"], env: ["k8s.label:env", "tag:env"], ',
        )
        line = node(tags={"team": "platform", "env": "test"})
        rows = [
            pod("a", labels={"tenant": "acme", "team": "red", "env": "live"}),
            pod("b", labels={"tenant": "globex", "team": "blue"}),
        ]
        run(tmp_path, [line], rows, ruleset)
        found = rows_of(tmp_path / "run/allocations.parquet", "SELECT tenant, dimensions FROM rows")
        assert dict(found) == {
            "acme": {"team": "platform", "env": "live"},
            "globex": {"team": "platform", "env": "test"},
            "idle:prod": {"team": "platform", "env": "test"},
        }

    def test_of_pods_alone_are_read_too(self, tmp_path):
        ruleset = PODS.replace("labels: {", 'labels: {team: ["k8s.namespace-label:team"], ')
        run(tmp_path, [node()], [pod("a", "acme", namespace_labels={"team": " red "})], ruleset)
        found = rows_of(tmp_path / "run/allocations.parquet", "SELECT tenant, dimensions FROM rows")
        assert dict(found) == {"acme": {"team": "red"}, "idle:prod": {}}
