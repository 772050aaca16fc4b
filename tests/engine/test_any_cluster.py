"""Random clusters: the bill comes out whole, as fractions say, and nothing but content decides."""

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.bills import amounts, run_of, write_workloads
from tests.engine.test_tasks import OF_ALL, task
from tests.engine.test_workloads import PODS, host, node, pod, volume
from tests.examples import examples
from tests.normalised_bills import write_normalised
from tests.work_folder import work_folder

QUANTUM = Fraction(1, 10**10)
NODES = ("i-0aa", "i-0bb", "i-0cc", "i-0dd")
CLUSTER_OF = {"i-0aa": "prod", "i-0bb": "prod", "i-0cc": "dev", "i-0dd": "tasks"}
ALL = PODS.replace('"tag:customer",', '"tag:customer", "ecs.tag:tenant",')
GPUS = {"node_gpu_hours": "2"}
HOURS = st.integers(3, 5)
RULES = """
rules:
  - {name: own, when: {k8s: {namespace: [own]}}, assign: {overhead: platform}}
  - {name: tax, when: {charge_category: [Tax]}, assign: {exclude: tax}}
pools:
  - {name: system, when: {k8s: {namespace: [kube-*]}}, drivers: [{proportional: direct}]}
"""

costs = st.one_of(
    st.decimals(-20, 50, places=10),
    st.sampled_from([Decimal(0), Decimal("1e-10"), Decimal("-1e-10"), Decimal("3e-10")]),
)
amounts_taken = st.one_of(st.just(Decimal(0)), st.decimals(0, 9, places=3))
lines = st.lists(
    st.builds(
        lambda cost, hour, resource, long, tag, category: node(
            f"{cost:f}",
            hour,
            "2026-10-04T00:00:00Z" if long else None,
            resource,
            ChargeCategory=category,
            tags={"customer": tag} if tag else None,
        ),
        costs,
        HOURS,
        st.sampled_from([*NODES, "vol-1", "vol-2", "i-other"]),
        st.booleans(),
        st.sampled_from(["", "", "", "acme", "nobody"]),
        st.sampled_from(["Usage", "Usage", "Credit", "Tax"]),
    ),
    max_size=8,
)
pods = st.lists(
    st.builds(
        lambda hour, on, namespace, says, cpu, memory, used, gpus: (
            {
                "hour": hour,
                "on": on,
                "cluster": CLUSTER_OF[on],
                "namespace": namespace,
                "cpu": f"{cpu:f}",
                "memory": f"{memory:f}",
                "used": (f"{used:f}", f"{used:f}"),
            }
            | says
            | (GPUS | {"gpu_hours": gpus} if on == "i-0bb" else {})
        ),
        HOURS,
        st.sampled_from(NODES),
        st.sampled_from(["apps", "own", "kube-system"]),
        st.sampled_from(
            [
                {},
                {"labels": {"tenant": "acme"}},
                {"labels": {"tenant": "stranger"}},
                {"namespace_labels": {"tenant": "globex"}},
                {"annotations": {"tenant": "globex"}, "namespace_labels": {"tenant": "acme"}},
            ]
        ),
        amounts_taken,
        amounts_taken,
        amounts_taken,
        st.sampled_from(["", "0", "0.5", "3"]),
    ),
    max_size=10,
)
policies = st.sampled_from(["overhead", "proportional", "reserved"])
_LABELS = ("labels", "annotations", "namespace_labels", "namespace_annotations")


def row_of(name, spec):
    """A pod, or a task where the cluster is one of ECS."""
    if spec["cluster"] != "tasks":
        return pod(name, **spec)
    spec = dict(spec)
    used = spec.pop("used")[0]
    says = zip(OF_ALL[-4:], [spec.pop(name, "") for name in _LABELS], strict=True)
    taken = {"cpu_used_core_hours": used, "memory_used_gib_hours": used}
    return task(name, **spec | taken | dict(says) | {"namespace": ""})


def rows_of_cluster(specs):
    volumes = [
        volume("vol-1", "data", labels={"tenant": "acme"}, hour=4),
        volume("vol-1", "data", pod="other", labels={"tenant": "globex"}, hour=4, size="3"),
        host(volume_id="vol-2", node_cpu_core_hours="", node_memory_gib_hours=""),
    ]
    none = dict.fromkeys(("task", *OF_ALL[-4:]), "")
    rows = [row_of(f"p-{at}", spec) for at, spec in enumerate(specs)]
    return [none | row for row in (host(4), *volumes, *rows)]


def run(work, bill_lines, rows, ruleset):
    bill = write_normalised(work / "bill", [node("0"), *bill_lines])
    return run_of(bill, work, ruleset, workloads=[write_workloads(work / "w.csv", rows)])


class TestAnyCluster:
    @examples(1 / 10)
    @given(st.lists(costs, min_size=1, max_size=3), pods)
    def test_is_split_as_the_formula_says(self, listed, specs):
        """Tenants' parts of hourly lines, in fractions: a quantum a line, resource and pod off."""
        here = {"on": "i-0aa", "cluster": "prod", "namespace": "apps", "gpu_hours": ""}
        specs = [spec | here for spec in specs if "node_gpu_hours" not in spec]
        with work_folder() as work:
            found = run(work, [node(f"{cost:f}") for cost in listed], rows_of_cluster(specs), ALL)
        cost = sum(map(Fraction, listed))
        expected: dict[str, Fraction] = defaultdict(Fraction)
        for resource, capacity, share in (("cpu", 4, 36), ("memory", 16, 16)):
            taken = [
                (spec, max(Fraction(spec[resource]), Fraction(spec["used"][0])))
                for spec in specs
                if spec["hour"] == 4
            ]
            whole = max(capacity, sum(weight for _, weight in taken))
            expected["idle"] += cost * share / 52 * (whole - sum(w for _, w in taken)) / whole
            for spec, weight in taken:
                who = "acme" if spec.get("labels") == {"tenant": "acme"} else "others"
                expected[who] += cost * share / 52 * weight / whole
        slack = QUANTUM * len(listed) * 2 * (len(specs) + 1)
        parts = amounts(found)
        assert abs(Fraction(parts.get("acme", 0)) - expected["acme"]) <= slack
        assert abs(Fraction(parts.get("idle:prod", 0)) - expected["idle"]) <= slack
