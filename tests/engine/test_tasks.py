"""ECS tasks, golden cases: an instance of 4 vCPU and 16 GiB costs 36 : 16 for its vCPU and GiB."""

import pytest

from shared.faults import BadInput
from tests.bills import RULESET, amounts, notes_of, rows_of, run_of, write_workloads
from tests.engine.test_workloads import NODE, host, methods, node, pod, run
from tests.normalised_bills import write_normalised

TASKS = RULESET.replace('"tag:customer"', '"tag:customer", "ecs.tag:customer"')
ARN = "arn:aws:ecs:us-west-2:000000000002:task/tasks/"
FARGATE = {
    "provider_id": "",
    "capacity_provider": "FARGATE",
    "cpu_request_core_hours": "",
    "memory_request_gib_hours": "",
    "node_cpu_core_hours": "",
    "node_memory_gib_hours": "",
}
OF_TASKS = ("task", "capacity_provider", "tags", "service_tags")
OF_ALL = (*OF_TASKS, "capacity_provider_tags", "cluster_tags")


def task(name, customer=None, cpu="1", memory="4", **changes):
    """On the instance, unless `changes` say otherwise."""
    row = dict.fromkeys(OF_ALL, "") | host(**({"cluster": "tasks"} | changes))
    row |= {
        "task": ARN + name,
        "cpu_request_core_hours": cpu,
        "memory_request_gib_hours": memory,
        "tags": {"customer": customer} if customer else "",
    }
    return row | changes


def fargate(name, customer=None, **changes):
    return task(name, customer, **(FARGATE | changes))


def charge(cost, name, **changes):
    return node(cost, resource=ARN + name, ServiceName="Amazon ECS", **changes)


def rules(work):
    return {rule for (rule,) in rows_of(work / "run/allocations.parquet", "SELECT rule FROM rows")}


class TestATaskOnFargate:
    def test_is_its_tags_tenant_s_without_any_workloads(self, tmp_path):
        lines = [charge("5", "a", tags={"customer": "acme"}), charge("7", "b")]
        ruleset = TASKS.replace('"tag:customer", ', "")
        found = run_of(write_normalised(tmp_path / "bill", lines), tmp_path, ruleset)
        assert amounts(found) == {"acme": 5, "unallocated": 7}
        assert methods(found) == {("acme", "task"), ("unallocated", "none")}
        assert [(each.reason, each.tag_key) for each in found.unallocated] == [
            ("no-label", "ecs.tag:customer")
        ]
        assert notes_of(found) == []

    def test_takes_what_its_own_arn_is_charged(self, tmp_path):
        rows = [fargate("a", "acme"), fargate("b", "globex")]
        lines = [charge("5", "a"), charge("7", "b"), charge("2", "b", hour=9)]
        found = run(tmp_path, lines, rows, TASKS)
        assert amounts(found) == {"acme": 5, "globex": 9}
        assert methods(found) == {("acme", "task"), ("globex", "task")}

    def test_tagged_on_the_bill_goes_by_that_tag(self, tmp_path):
        found = run(
            tmp_path,
            [charge("5", "a", tags={"customer": "acme"})],
            [fargate("a", service_tags={"customer": "globex"})],
            TASKS.replace('"tag:customer", ', ""),
        )
        assert amounts(found) == {"acme": 5}

    def test_takes_no_part_in_instances_or_their_idle(self, tmp_path):
        rows = [fargate("a", "acme"), task("b", "globex")]
        lines = [charge("5", "a"), node()]
        found = run(tmp_path, lines, rows, TASKS + "idle: proportional\n")
        assert amounts(found) == {"acme": 5, "globex": 52}

    def test_that_no_line_names_is_said(self, tmp_path):
        found = run(tmp_path, [node()], [task("a", "acme"), fargate("z", "acme")], TASKS)
        assert [each.kind for each in notes_of(found)] == ["unbilled-task"]
        assert f"{ARN}z" in notes_of(found)[0].message

    def test_needs_no_columns_of_instances(self, tmp_path):
        names = ("cluster", "start", "task", "tags")
        path = write_workloads(
            tmp_path / "tasks.csv", [{name: fargate("a", "acme")[name] for name in names}]
        )
        bill = write_normalised(tmp_path / "bill", [charge("5", "a")])
        assert amounts(run_of(bill, tmp_path, TASKS, workloads=[path])) == {"acme": 5}


class TestATaskOnAnInstance:
    def test_takes_its_part_of_the_instance_and_the_rest_is_idle(self, tmp_path):
        # 1/4 of the 36 for vCPUs, 1/4 and 1/2 of the 16 for GiB.
        rows = [task("a", "acme"), task("b", "globex", memory="8")]
        found = run(tmp_path, [node()], rows, TASKS)
        assert amounts(found) == {"acme": 13, "globex": 17, "idle:tasks": 22}
        assert methods(found) == {("acme", "task"), ("globex", "task"), ("idle:tasks", "none")}

    def test_takes_the_larger_of_reserved_and_used(self, tmp_path):
        used = {"cpu_used_core_hours": "2", "memory_used_gib_hours": "1"}
        found = run(tmp_path, [node()], [task("a", "acme", **used)], TASKS)
        assert amounts(found) == {"acme": 18 + 4, "idle:tasks": 18 + 12}

    def test_of_the_operator_s_own_may_be_a_pool_of_what_nobody_tagged(self, tmp_path):
        pool = "pools: [{name: agents, when: {service: ['Amazon EC2']}, drivers: [{even: true}]}]\n"
        found = run(tmp_path, [node()], [task("a", "acme"), task("agent")], TASKS + pool)
        assert amounts(found) == {"acme": 13 + 6.5, "globex": 6.5, "idle:tasks": 26}

    def test_on_an_instance_that_no_line_names_is_said(self, tmp_path):
        rows = [task("a", "acme"), task("b", "globex", on="i-0bb")]
        found = run(tmp_path, [node()], rows, TASKS)
        assert amounts(found) == {"acme": 13, "idle:tasks": 39}
        assert [each.kind for each in notes_of(found)] == ["unbilled-node"]

    def test_that_nobody_tagged_is_named_with_what_is_missing(self, tmp_path):
        found = run(tmp_path, [node()], [task("a"), task("b", "stranger")], TASKS)
        assert amounts(found) == {"unallocated": 13, "unmapped:stranger": 13, "idle:tasks": 26}
        assert [(each.reason, each.tag_key) for each in found.unallocated] == [
            ("no-label", "ecs.tag:customer"),
            ("unknown-value", "ecs.tag:customer"),
        ]

    def test_falls_to_its_cluster_s_default(self, tmp_path):
        ruleset = TASKS + "defaults: {clusters: {tasks: globex}}\n"
        found = run(tmp_path, [node()], [task("a", "acme"), task("b")], ruleset)
        assert amounts(found) == {"acme": 13, "globex": 13, "idle:tasks": 26}

    def test_is_no_pod_to_a_selector(self, tmp_path):
        rule = "rules: [{name: r, when: {k8s: {cluster: ['*']}}, assign: {tenant: globex}}]\n"
        rows = [task("a", "acme"), pod("p", on="i-0bb")]
        found = run(tmp_path, [node(), node(resource="i-0bb")], rows, TASKS + rule)
        assert amounts(found) == {"acme": 13, "globex": 13, "idle:tasks": 39, "idle:prod": 39}


class TestATasksTag:
    LEVELS = ("tags", "service_tags", "capacity_provider_tags", "cluster_tags")
    RULES = (
        "ecs.tag:customer",
        "ecs.tag:customer of the service",
        "ecs.tag:customer of the capacity provider, inferred",
        "ecs.tag:customer of the cluster, inferred",
    )

    @pytest.mark.parametrize("first", range(4))
    def test_is_the_task_s_the_service_s_the_capacity_provider_s_or_the_cluster_s(
        self, tmp_path, first
    ):
        says = {
            column: {"customer": "acme" if at == first else "globex"}
            for at, column in enumerate(self.LEVELS)
            if at >= first
        }
        found = run(tmp_path, [node()], [task("a", **says)], TASKS)
        assert amounts(found) == {"acme": 13, "idle:tasks": 39}
        assert self.RULES[first] in rules(tmp_path)

    def test_gives_dimensions_too(self, tmp_path):
        ruleset = TASKS.replace("labels: {", 'labels: {team: ["ecs.tag:team"], ')
        rows = [task("a", tags={"customer": "acme"}, cluster_tags={"team": "red"})]
        lines = [node(), charge("5", "b", tags={"customer": "globex", "team": "blue"})]
        run(tmp_path, lines, rows, ruleset)
        found = rows_of(tmp_path / "run/allocations.parquet", "SELECT tenant, dimensions FROM rows")
        assert dict(found) == {"acme": {"team": "red"}, "globex": {"team": "blue"}} | {
            "idle:tasks": {}
        }


class TestARowOfATask:
    @pytest.mark.parametrize(
        ("changes", "field", "message"),
        [
            ({"provider_id": "", "capacity_provider": "asg"}, "provider_id", "is missing"),
            ({"provider_id": "", "task": "a"}, "task", "is no ARN of a task"),
            ({"pod": "p", "namespace": "n"}, "namespace", "stands beside a task"),
            ({"pod": "p"}, "pod", "stands beside a task"),
            ({"tags": "customer=acme"}, "tags", "is no JSON object"),
            ({"cluster_tags": "[]"}, "cluster_tags", "is no JSON object"),
            ({"cpu_request_core_hours": ""}, "cpu_request_core_hours", "is missing"),
            ({"cpu_request_core_hours": "-1"}, "cpu_request_core_hours", "is negative"),
            ({"memory_used_gib_hours": "nan"}, "memory_used_gib_hours", "is no number"),
            ({"node_cpu_core_hours": ""}, "node_cpu_core_hours", "is missing"),
        ],
    )
    def test_that_is_wrong_is_refused_by_its_place(self, tmp_path, changes, field, message):
        with pytest.raises(BadInput, match=message) as raised:
            run(tmp_path, [node()], [task("a", "acme"), task("b") | changes], TASKS)
        assert (raised.value.row, raised.value.field) == (2, field)

    def test_that_stands_there_twice_is_refused(self, tmp_path):
        with pytest.raises(BadInput, match="twice"):
            run(tmp_path, [node()], [task("a"), task("a", "acme")], TASKS)

    def test_of_a_cluster_with_pods_is_refused(self, tmp_path):
        rows = [task("a", on=NODE), pod("p", on="i-0bb", cluster="tasks")]
        with pytest.raises(BadInput, match="has pods and tasks") as raised:
            run(tmp_path, [node()], rows, TASKS)
        assert raised.value.field == "cluster"

    def test_without_the_tags_that_the_ruleset_reads_is_refused(self, tmp_path):
        row = {name: value for name, value in task("a").items() if name != "tags"}
        with pytest.raises(BadInput, match="missing") as raised:
            run(tmp_path, [node()], [row], TASKS)
        assert raised.value.field == "tags"
