"""Random scenarios: a bill, what is known beside it, and a ruleset that uses all of it."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import event
from hypothesis import strategies as st

from shared.faults import BadInput
from tests.bills import RULESET

ONE = Decimal(1)
PODS = ("i-0aa", "i-0bb")
POOLS = ("cluster", "monitoring", "nat", "lb")
TASK = "arn:aws:ecs:us-east-1:1:task/shop/0a"
_LABELS = """labels:
  tenant: ["tag:customer", "ecs.tag:tenant", "k8s.label:tenant", "k8s.namespace-label:tenant"]
  team: ["k8s.label:team", "tag:team"]
"""


@dataclass(frozen=True)
class Scenario:
    lines: Sequence[dict[str, Any]]
    signals: Sequence[str]
    workloads: Sequence[dict[str, Any]]
    ruleset: Callable[[Decimal], str]
    """The text, with all weights of drivers times a factor."""
    cost: str


def _one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


_costs = st.one_of(
    st.decimals(-50, 50, places=10),
    st.decimals(-100_000, 1, places=4),
    _one_of(*map(Decimal, ("0", "1e-10", "-1e-10", "3e-10"))),
)


@st.composite
def _line(draw: st.DrawFn) -> dict[str, Any]:
    usage, resource = draw(
        st.one_of(
            st.tuples(_one_of(*POOLS, "box"), st.just("")),
            st.tuples(st.just("node"), _one_of(*PODS, "vol-1", "i-other", TASK)),
        )
    )
    day, hour = draw(_one_of(3, 4)), draw(st.integers(0, 3))
    end = draw(
        _one_of(
            *[f"2026-10-{day:02d}T{hour + 1:02d}:00:00Z"] * 4,
            f"2026-10-{day + 1:02d}T00:00:00Z",
            "2026-11-01T00:00:00Z",
        )
    )
    tags = {
        "customer": draw(_one_of("", "", "acme", "globex", "initech", "stranger", "ACME Inc 5")),
        "team": draw(_one_of("", "", "data")),
    }
    return {
        "BilledCost": f"{draw(_costs):f}",
        "EffectiveCost": f"{draw(_costs):f}",
        "ChargePeriodStart": f"2026-10-{day:02d}T{hour:02d}:00:00Z",
        "ChargePeriodEnd": end,
        "SkuMeter": f"{usage}-usage",
        "ResourceId": resource,
        "ServiceName": draw(_one_of("Amazon EC2", "Amazon VPC")),
        "ChargeCategory": draw(_one_of("Usage", "Usage", "Usage", "Credit", "Tax", "Purchase")),
        "SubAccountId": draw(_one_of("1", "2", "")),
        "CommitmentDiscountStatus": draw(_one_of("", "", "Used")),
        "ConsumedQuantity": draw(_one_of("", "1", "2.5", "3")),
        "Tags": json.dumps({key: value for key, value in tags.items() if value}),
    }


_consumers = _one_of("acme", "globex", "initech", "acme", "globex", *(f"pool:{p}" for p in POOLS))
_signals = st.lists(
    st.builds(
        lambda meter, day, hour, consumer, quantity: (
            f"{meter} 2026-10-{day:02d}T{hour:02d}:00:00Z {consumer} {quantity:f}"
        ),
        _one_of("bytes", "requests", "gateway_bytes"),
        _one_of(3, 4),
        st.integers(0, 3),
        _consumers,
        st.one_of(st.just(Decimal(0)), st.decimals(0, 1000, places=3)),
    ),
    max_size=14,
)


@st.composite
def _workload(draw: st.DrawFn) -> dict[str, Any]:
    cpu, memory, used = (f"{draw(st.decimals(0, 6, places=2)):f}" for _ in range(3))
    on = draw(_one_of(*PODS))
    is_task = on == "i-0bb"
    says = {"tenant": tenant} if (tenant := draw(_one_of("", "acme", "globex", "who"))) else {}
    return {
        "cluster": "shop" if is_task else "prod",
        "provider_id": on,
        "start": f"2026-10-03T{draw(st.integers(0, 3)):02d}:00:00Z",
        "namespace": "" if is_task else draw(_one_of("apps", "kube-system", "own")),
        "labels": "" if is_task else says | draw(_one_of({}, {"team": "web"})),
        "namespace_labels": "" if is_task else draw(_one_of({}, {"tenant": "initech"})),
        "tags": says if is_task else "",
        "cpu_request_core_hours": cpu,
        "cpu_used_core_hours": used,
        "memory_request_gib_hours": memory,
        "memory_used_gib_hours": used,
        "node_cpu_core_hours": "4",
        "node_memory_gib_hours": "8",
    }


@st.composite
def _workloads(draw: st.DrawFn) -> list[dict[str, Any]]:
    """None, or some of which the bill names at least a volume."""
    if draw(_one_of(True, False)):
        return []
    rows = [
        row | ({"task": f"{TASK}{at}"} if row["cluster"] == "shop" else {"pod": f"p-{at}"})
        for at, row in enumerate(draw(st.lists(_workload(), max_size=6)))
    ]
    volume = {
        "cluster": "prod",
        "start": "2026-10-03T00:00:00Z",
        "namespace": "apps",
        "volume_id": "vol-1",
        "claim": "data",
        "labels": {"tenant": "acme"},
        "storage_gib_hours": "30",
    }
    names = dict.fromkeys(name for row in (*rows, volume, _ALL_COLUMNS) for name in row)
    return [dict.fromkeys(names, "") | row for row in (volume, *rows)]


_ALL_COLUMNS = dict.fromkeys(
    (
        *("provider_id", "task", "pod", "tags", "namespace_labels"),
        *("cpu_request_core_hours", "cpu_used_core_hours", "node_cpu_core_hours"),
        *("memory_request_gib_hours", "memory_used_gib_hours", "node_memory_gib_hours"),
    ),
    "",
)
_DRIVERS = (
    "{signal: bytes}",
    "{signal: bytes, control: gateway_bytes}",
    "{signal: requests, per: day}",
    "{blend: {bytes: 0.7, requests: 0.3}}",
    "{proportional: direct}",
    "{proportional: direct, per: period, within: {service: [Amazon VPC]}}",
    "{proportional: total, within: {charge_category: [Usage]}}",
)
_RULES = (
    "",
    "{name: r, when: {charge_category: [Tax]}, assign: {exclude: tax}}",
    "{name: r, when: {charge_category: [Credit]}, assign: {pool: nat}}",
    "{name: r, when: {tags: {customer: [str*]}}, assign: {overhead: lost}}",
)


@st.composite
def _rulesets(draw: st.DrawFn, cost: str, *, has_workloads: bool) -> Callable[[Decimal], str]:
    pools = []
    for name in POOLS:
        weights = draw(st.dictionaries(_consumers, st.integers(1, 9), min_size=1, max_size=3))
        listed = draw(st.lists(_one_of(*_DRIVERS), max_size=2))
        last = draw(_one_of("weights", "even", "none")) if listed else "weights"
        pools.append((name, listed, last, weights, draw(_one_of("hour", "day", "period"))))
    rule, idle = draw(_one_of(*_RULES)), draw(_one_of("overhead", "proportional", "reserved"))
    spread = draw(_one_of("as_billed", "smoothed")) if cost == "EffectiveCost" else "as_billed"
    tail = (
        f"cost: {cost}\ncommitments: {spread}\nidle: {idle}\nrules: [{rule}]\n"
        "defaults: {accounts: {'1': globex}}\n"
    )
    system = "  - {name: system, when: {k8s: {namespace: [kube-*]}}, drivers: [{even: true}]}\n"

    def text(factor: Decimal) -> str:
        written = RULESET.replace(
            "{key: globex}", "{key: globex}, {key: initech, active: {to: 2026-10-04}}"
        ).replace('labels: {tenant: ["tag:customer"]}\n', _LABELS)
        written += tail + "pools:\n" + (system if has_workloads else "")
        for name, listed, last, weights, per in pools:
            scaled = ", ".join(f"'{key}': {factor * each:f}" for key, each in weights.items())
            ends = {"weights": [f"{{weights: {{{scaled}}}}}"], "even": ["{even: true}"], "none": []}
            drivers = ", ".join([*listed, *ends[last]])
            written += (
                f"  - {{name: {name}, when: {{usage_type: ['{name}-*']}}, drivers: [{drivers}],"
                f" per: {per}}}\n"
            )
        return written

    return text


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    cost = draw(_one_of("EffectiveCost", "BilledCost"))
    workloads = draw(_workloads())
    lines = draw(st.lists(_line(), min_size=1, max_size=14))
    if workloads:
        lines.append(lines[0] | {"ResourceId": "vol-1"})
    return Scenario(
        lines=lines,
        signals=draw(_signals),
        workloads=workloads,
        ruleset=draw(_rulesets(cost, has_workloads=bool(workloads))),
        cost=cost,
    )


@contextmanager
def closed_loops_refused() -> Iterator[None]:
    """Pools that use each other and no tenant are the one reason to refuse a scenario."""
    try:
        yield
    except BadInput as refusal:
        if "use each other and no tenant" not in str(refusal):
            raise
        event("refused")
