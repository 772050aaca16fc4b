"""AWS's split cost rows, golden cases: they divide their instance and are never added to it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.domain.evidence import Selection
from services.attribution.engine.explain import explain
from shared.configuration import parse_configuration
from shared.faults import BadConfiguration
from shared.money import from_quanta
from tests.bills import (
    OCTOBER,
    RULESET,
    amounts,
    cur_line,
    legacy_line,
    rows_of,
    run_of,
    snapshot_of,
    write_cur,
    write_legacy,
    write_workloads,
)
from tests.engine.test_workloads import PODS, host, methods, pod
from tests.examples import examples
from tests.work_folder import work_folder

NODE = "i-0aa"
TASKS = RULESET.replace('"tag:customer"', '"ecs.tag:customer"')
POD = "arn:aws:eks:us-west-2:000000000002:pod"


def instance(cost, hour=4, **changes):
    times = {
        "line_item_usage_start_date": f"2026-10-03 {hour:02d}:00:00",
        "line_item_usage_end_date": f"2026-10-03 {hour + 1:02d}:00:00",
    }
    return cur_line(cost, line_item_resource_id=NODE, **(times | changes))


def split_row(name, split, unused=0.0, cluster="prod", namespace="apps", parent=NODE, **changes):
    """One of a pod's two or three rows of an hour, with AWS's tags and its labels."""
    labels = changes.pop("labels", {})
    tags = {"aws_eks_cluster_name": cluster, "aws_eks_namespace": namespace}
    line = instance(
        changes.pop("cost", 0.0),
        line_item_operation="EKSPod-EC2",
        line_item_product_code="AmazonEKS",
        line_item_usage_type="USW2-EKS-EC2-vCPU-Hours",
        split_line_item_parent_resource_id=parent,
        split_line_item_split_cost=split,
        split_line_item_unused_cost=unused,
        **changes,
    )
    own = {"line_item_resource_id": f"{POD}/{cluster}/{namespace}/{name}/0f9e"}
    return line | own | {"resource_tags": tags | {f"user_{key}": v for key, v in labels.items()}}


def task_row(name, split, unused=0.0, **changes):
    line = split_row(name, split, unused, **changes)
    return line | {
        "line_item_operation": "ECSTask-EC2",
        "line_item_resource_id": f"arn:aws:ecs:us-west-2:000000000002:task/tasks/{name}",
        "resource_tags": {
            key: value for key, value in line["resource_tags"].items() if key.startswith("user_")
        },
    }


ACME = {"tenant": "acme"}
GLOBEX = {"tenant": "globex"}


def run(work, lines, ruleset=PODS, rows=()):
    bill = write_cur(work / "bill.parquet", lines)
    workloads = [write_workloads(work / "workloads.csv", rows)] if rows else []
    return run_of(bill, work, ruleset, workloads=workloads)


class TestSplitCostRows:
    ROWS = (
        split_row("a", 3.0, 1.0, labels=ACME),
        split_row("a", 1.0, 0.0, labels=ACME),
        split_row("b", 2.0, 3.0, labels=GLOBEX),
    )

    def test_divide_their_instance_without_any_workloads(self, tmp_path):
        found = run(tmp_path, [instance(10.0), *self.ROWS])
        assert amounts(found) == {"acme": 5, "globex": 5}
        assert methods(found) == {("acme", "pod"), ("globex", "pod")}
        assert found.proof.bill_total == 10
        assert found.proof.difference == 0
        assert found.findings == ()

    def test_scale_several_lines_of_an_hour_alike(self, tmp_path):
        """Half of the hour under a Savings Plan, half on demand, and a credit that is not split."""
        covered = instance(
            9.0,
            type="SavingsPlanCoveredUsage",
            savings_plan_savings_plan_effective_cost=6.0,
            savings_plan_savings_plan_a_r_n="arn:sp/1",
        )
        negation = cur_line(
            -9.0,
            type="SavingsPlanNegation",
            line_item_resource_id=None,
            savings_plan_savings_plan_a_r_n="arn:sp/1",
            line_item_usage_start_date="2026-10-03 04:00:00",
        )
        lines = [instance(4.0), covered, negation, instance(-1.0, type="Credit")]
        found = run(tmp_path, [*lines, *self.ROWS])
        assert amounts(found) == {"acme": Decimal("4.5"), "globex": Decimal("4.5")}
        assert found.proof.bill_total == 9

    def test_leave_the_rest_of_the_instance_idle(self, tmp_path):
        found = run(tmp_path, [instance(16.0), *self.ROWS])
        assert amounts(found) == {"acme": 5, "globex": 5, "idle:prod": 6}

    def test_share_out_no_more_than_the_instance_cost(self, tmp_path):
        assert amounts(run(tmp_path, [instance(5.0), *self.ROWS])) == {
            "acme": Decimal("2.5"),
            "globex": Decimal("2.5"),
        }

    def test_do_not_count_what_aws_does_not_split(self, tmp_path):
        """Data transfer goes by the same shares, and makes nothing idle."""
        transfer = instance(20.0, usage_type="USW2-DataTransfer-Out-Bytes")
        found = run(tmp_path, [instance(10.0), transfer, *self.ROWS])
        assert amounts(found) == {"acme": 15, "globex": 15}

    def test_rounded_to_a_quantum_leave_no_idle(self, tmp_path):
        third = 3.3333333333
        rows = [split_row(name, third, labels=GLOBEX) for name in ("a", "b", "c")]
        assert amounts(run(tmp_path, [instance(10.0), *rows])) == {"globex": 10}

    def test_of_another_hour_divide_nothing_of_this_one(self, tmp_path):
        rows = [*self.ROWS, split_row("c", 1.0, labels=GLOBEX, **self.at(5))]
        found = run(tmp_path, [instance(10.0), instance(2.0, hour=5), *rows])
        assert amounts(found) == {"acme": 5, "globex": 6, "idle:prod": 1}

    def at(self, hour):
        return {"line_item_usage_start_date": f"2026-10-03 {hour:02d}:00:00"}

    def test_whose_instance_is_not_there_are_said_and_not_added(self, tmp_path):
        lost = [
            split_row("z", 7.0, 0.5, labels=ACME, parent="i-0zz"),
            split_row("y", 0.25, labels=ACME, parent=None),
            split_row("x", 0.25, labels=ACME, **self.at(9)),
        ]
        found = run(tmp_path, [instance(10.0), *self.ROWS, *lost])
        assert amounts(found) == {"acme": 5, "globex": 5}
        assert [each.kind for each in found.findings] == ["split-parent-missing"]
        assert "3 split cost rows of 8.0000000000 USD" in found.findings[0].message

    def test_with_amounts_of_their_own_are_not_added_either(self, tmp_path):
        rows = [split_row("a", 10.0, labels=ACME, cost=10.0)]
        covered = {"type": "DiscountedUsage", "reservation_effective_cost": 4.0}
        rows += [split_row("b", 10.0, labels=GLOBEX, **covered)]
        for cost in ("EffectiveCost", "BilledCost"):
            found = run(tmp_path, [instance(20.0), *rows], PODS + f"cost: {cost}\n")
            assert amounts(found) == {"acme": 10, "globex": 10}
            assert found.proof.input_total == found.proof.bill_total == 20
        found = snapshot_of(tmp_path / "bill.parquet", tmp_path).findings
        assert {each.kind for each in found} == {"split-cost-rows", "split-cost-amounts"}
        assert "10 of their own" in found[-1].message

    def test_stand_in_for_the_workloads_of_their_hour_alone(self, tmp_path):
        rows = [
            pod("a", "acme", cpu="4", memory="16"),
            pod("a", "acme", cpu="2", memory="8", hour=5),
        ]
        lines = [instance(10.0), split_row("b", 10.0, labels=GLOBEX), instance(52.0, hour=5)]
        found = run(tmp_path, lines, PODS, rows)
        assert amounts(found) == {"globex": 10, "acme": 26, "idle:prod": 26}

    def test_divide_an_instance_whose_commitments_are_smoothed(self, tmp_path):
        """Covered at 6 and not at 10, twins cost 8 each; what AWS split was the 6."""
        covered = instance(
            0.0, type="DiscountedUsage", reservation_effective_cost=6.0, line_item_usage_amount=1.0
        )
        twin = instance(10.0, line_item_usage_amount=1.0, tags={"customer": "globex"})
        rows = [split_row("a", 2.0, 1.0, labels=ACME), split_row("b", 3.0, labels=GLOBEX)]
        twin |= {"line_item_resource_id": "i-0bb"}
        found = run(tmp_path, [covered, twin, *rows], PODS + "commitments: smoothed\n")
        assert amounts(found) == {"acme": 4, "globex": 4 + 8}

    def test_are_explained_as_what_divides_their_instance(self, tmp_path):
        lines = [instance(10.0), instance(4.0, usage_type="EBS:x"), *self.ROWS]
        snapshot = snapshot_of(write_cur(tmp_path / "bill.parquet", lines), tmp_path)
        found = explain(
            snapshot_parts=snapshot.parts,
            config=parse_configuration(PODS),
            signals=[],
            period=OCTOBER,
            selection=Selection("acme"),
            scratch_dir=tmp_path / "why",
        )
        assert [(line.method, from_quanta(line.quanta)) for line in found.lines] == [("pod", 7)]
        assert {part.place for part in found.lines[0].parts} == {NODE}

    def test_tell_whose_tag_takes_the_instance_whole(self, tmp_path):
        line = instance(10.0, tags={"customer": "globex"})
        assert amounts(run(tmp_path, [line, *self.ROWS])) == {"globex": 10}

    def test_are_the_same_in_a_legacy_cur(self, tmp_path):
        lines = [instance(10.0), *self.ROWS]
        first = run(tmp_path, lines)
        path = write_legacy(tmp_path / "bill.csv.gz", [legacy_line(line) for line in lines])
        again = run_of(path, tmp_path, PODS)
        assert again.statements == first.statements
        assert again.proof == first.proof

    def test_that_name_no_tenant_take_what_the_workloads_say_of_their_pod(self, tmp_path):
        says = {"namespace_annotations": {"trueback.io/tenant": "globex"}}
        rows = [pod("a", **says, hour=9), pod("b", **says), pod("c", **says, namespace="x")]
        lines = [
            instance(10.0),
            split_row("a", 4.0),
            split_row("b", 3.0, labels=ACME),
            split_row("c", 2.0),
            split_row("d", 1.0),
        ]
        found = run(tmp_path, lines, PODS, rows)
        assert amounts(found) == {"globex": 4, "acme": 3, "unallocated": 3}

    def test_of_a_task_take_what_the_workloads_say_of_it(self, tmp_path):
        row = task_row("a", 10.0)
        known = {"cluster": "tasks", "task": row["line_item_resource_id"], "tags": "{}"}
        known |= {"start": "2026-10-03T09:00:00Z", "service_tags": {"customer": "acme"}}
        found = run(tmp_path, [instance(10.0), row], TASKS, [known])
        assert amounts(found) == {"acme": 10}

    def test_of_a_discounted_account_count_net(self, tmp_path):
        rows = [
            split_row(name, 5.0, labels=labels) | {"split_line_item_net_split_cost": net}
            for name, labels, net in (("a", ACME, 1.0), ("b", GLOBEX, 3.0))
        ]
        types = {"split_line_item_net_split_cost": "DOUBLE"}
        bill = write_cur(tmp_path / "bill.parquet", [instance(8.0), *rows], types=types)
        assert amounts(run_of(bill, tmp_path, PODS)) == {"acme": 1, "globex": 3, "idle:prod": 4}


class TestWhatClaimsSeeOfThem:
    def rule(self, when, assign="{tenant: globex}"):
        return PODS + f"rules: [{{name: r, when: {{k8s: {when}}}, assign: {assign}}}]\n"

    def test_are_pod_labels_under_their_own_or_aws_s_written_name(self, tmp_path):
        ruleset = RULESET.replace("tag:customer", "k8s.label:app.kubernetes.io/part-of")
        row = split_row("a", 10.0, labels={"app_kubernetes_io_part_of": "acme"})
        assert amounts(run(tmp_path, [instance(10.0), row], ruleset)) == {"acme": 10}

    def test_are_their_tags(self, tmp_path):
        row = split_row("a", 10.0, labels={"customer": "ACME Inc."})
        found = run(tmp_path, [instance(10.0), row], RULESET)
        assert amounts(found) == {"acme": 10}
        assert methods(found) == {("acme", "pod")}

    def test_are_cluster_namespace_and_labels_to_selectors(self, tmp_path):
        rows = [
            split_row("a", 4.0, labels=ACME),
            split_row("b", 3.0, labels=ACME | {"app": "dns"}),
            split_row("c", 2.0, labels=ACME, namespace="kube-system"),
            split_row("d", 1.0, labels=ACME, cluster="dev"),
        ]
        for when, part in (
            ("{labels: {app: [dns]}}", 3),
            ("{namespace: [kube-*]}", 2),
            ("{cluster: [dev]}", 1),
        ):
            found = run(tmp_path, [instance(10.0), *rows], self.rule(when))
            assert amounts(found) == {"acme": 10 - part, "globex": part}

    def test_are_the_arn_where_aws_s_own_tags_are_not_activated(self, tmp_path):
        row = split_row("a", 10.0, namespace="kube-system") | {"resource_tags": {}}
        found = run(tmp_path, [instance(10.0), row], self.rule("{namespace: [kube-system]}"))
        assert amounts(found) == {"globex": 10}

    def test_leave_a_system_namespace_to_its_pool(self, tmp_path):
        pool = (
            "pools: [{name: system, when: {k8s: {namespace: [kube-*]}},"
            " drivers: [{proportional: direct}]}]\n"
        )
        rows = [
            split_row("a", 6.0, labels=ACME),
            split_row("b", 2.0, labels=GLOBEX),
            split_row("dns", 4.0, namespace="kube-system"),
        ]
        found = run(tmp_path, [instance(12.0), *rows], PODS + pool)
        assert amounts(found) == {"acme": 9, "globex": 3}

    def test_are_task_tags_of_ecs(self, tmp_path):
        rows = [
            task_row("a", 4.0, 1.0, labels={"customer": "acme"}),
            task_row("b", 2.0, labels={"customer": "nobody"}),
        ]
        found = run(tmp_path, [instance(10.0), *rows], TASKS)
        assert amounts(found) == {"acme": 5, "unmapped:nobody": 2, "idle:tasks": 3}
        assert ("acme", "task") in methods(found)

    def test_are_dimensions_too(self, tmp_path):
        ruleset = PODS.replace("labels: {", 'labels: {team: ["k8s.label:team"], ')
        row = split_row("a", 10.0, labels=ACME | {"team": "red"})
        run(tmp_path, [instance(10.0), row], ruleset)
        found = rows_of(tmp_path / "run/allocations.parquet", "SELECT dimensions FROM rows")
        assert found == [({"team": "red"},)]

    def test_without_any_a_selector_of_pods_is_refused(self, tmp_path):
        with pytest.raises(BadConfiguration, match="needs workloads"):
            run(tmp_path, [instance(10.0)], self.rule("{namespace: [kube-system]}"))


class TestIdleOfSplitInstances:
    LINE = instance(10.0)

    @pytest.mark.parametrize("policy", ["proportional", "reserved"])
    def test_goes_by_what_the_rows_say(self, tmp_path, policy):
        rows = [split_row("a", 3.0, labels=ACME), split_row("b", 1.0, labels=GLOBEX)]
        found = run(tmp_path, [self.LINE, *rows], PODS + f"idle: {policy}\n")
        assert amounts(found) == {"acme": Decimal("7.5"), "globex": Decimal("2.5")}

    def test_of_a_silent_instance_goes_by_the_rows_of_others(self, tmp_path):
        other = instance(8.0) | {"line_item_resource_id": "i-0bb"}
        rows = [split_row("a", 7.5, labels=ACME), split_row("b", 2.5, labels=GLOBEX)]
        known = [host(on="i-0bb", hour=9)]
        lines = [self.LINE, other, *rows]
        found = run(tmp_path, lines, PODS + "idle: proportional\n", known)
        assert amounts(found) == {"acme": Decimal("13.5"), "globex": Decimal("4.5")}


costs = st.sampled_from([0.0, 1e-10, 3e-10, 0.25, 1.1, 7.0, 100.5])


class TestAnyBillWithSplitCostRows:
    @examples(1 / 15)
    @given(
        st.lists(st.tuples(st.sampled_from([-1.5, 0.0, 3e-10, 0.7, 12.0]), st.integers(4, 6))),
        st.lists(
            st.tuples(
                costs,
                costs,
                st.integers(4, 6),
                st.sampled_from([ACME, GLOBEX, {}, {"tenant": "x"}]),
                st.sampled_from([NODE, NODE, "i-0zz"]),
            ),
            max_size=6,
        ),
        st.sampled_from(["overhead", "proportional", "reserved"]),
        st.randoms(use_true_random=False),
    )
    def test_comes_out_whole_in_any_order(self, parents, rows, policy, chance):
        lines = [instance(0.0)]
        lines += [instance(cost, hour=hour) for cost, hour in parents]
        lines += [
            split_row(
                f"p-{at}",
                split,
                unused,
                labels=labels,
                parent=parent,
                line_item_usage_start_date=f"2026-10-03 {hour:02d}:00:00",
            )
            for at, (split, unused, hour, labels, parent) in enumerate(rows)
        ]
        ruleset = PODS + f"idle: {policy}\n"
        with work_folder() as work:
            found = run(work, lines, ruleset)
            total = sum(Decimal(repr(cost)) for cost, _ in parents)
            assert sum(amounts(found).values()) == total
            assert found.proof.difference == 0
            assert found.proof.unproven == ()
            first = (work / "run/allocations.parquet").read_bytes()
            chance.shuffle(lines)
            run(work, lines, ruleset)
            assert (work / "run/allocations.parquet").read_bytes() == first
