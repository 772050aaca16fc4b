"""Who ran on the machines that tenants share, and what the collector told of it.

Pods of seven tenants in two clusters of EKS, each naming its tenant in another way, and tasks of
three in one of ECS. In the evening the green cluster's one machine is overcommitted.
"""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq  # noqa: TID251 - plays the operator's collector

from deploy.sample_company.fleet import (
    CLAIMED_GB,
    CLAIMED_VOLUME,
    CLUSTERS,
    MACHINES,
    TASKS,
    Machine,
    runs,
    task_arn,
    volume_of,
)
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import TENANTS, Tenant
from deploy.sample_company.traffic import is_active, level

# Millicores and MiB.
_CAPACITY: Final = {"m6i.xlarge": (4_000, 16_384), "m6i.2xlarge": (8_000, 32_768)}
_PRICES: Final = (Fraction(9, 1_000), Fraction(1, 1_024))
# The column, the key and the value by which a tenant's pods are known.
_LABELLED_BY: Final = {
    "kestrel": ("labels", "tenant", "kestrel-uw"),
    "eastgate": ("labels", "tenant", "eastgate"),
    "halcyon": ("namespace_annotations", "trueback.io/tenant", "Halcyon"),
    "dunmore": ("annotations", "tenant", "dunmore"),
    "fennec": ("namespace_labels", "tenant", "fennec"),
    "juniper": ("namespace_annotations", "trueback.io/tenant", "juniper"),
    "marlow": ("labels", "tenant", "marlow-finch"),
}


@dataclass(frozen=True, kw_only=True)
class Runner:
    """A pod or task; `columns` are what the collector knows it by, `owner` is the truth."""

    owner: str
    columns: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Stay:
    """Of a runner on a machine for an hour: millicores and MiB, each requested and used."""

    machine: Machine
    hour: int
    runner: Runner
    requested: tuple[int, int]
    used: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Workloads:
    month: SampleMonth
    stays: Mapping[str, Mapping[int, Sequence[Stay]]] = field(repr=False)
    """By the machine's id and the hour; a machine that does not run has no hour."""

    def shares(self, machine_id: str, hours: range) -> Iterator[tuple[str, Fraction]]:
        """Of what the machine costs in some hours: to whom, by resource and runner."""
        machine = next(machine for machine in MACHINES if machine.id == machine_id)
        idle = f"idle:{machine.cluster}"
        stays = [here for hour in hours if (here := self.stays[machine_id].get(hour))]
        if not stays:
            yield idle, Fraction(1)
            return
        parts = _parts_of_worth(machine.kind)
        for resource, had in enumerate(_CAPACITY[machine.kind]):
            taken: defaultdict[str, int] = defaultdict(int)
            shared = 0
            for hour in stays:
                weights = [max(s.requested[resource], s.used[resource]) for s in hour]
                shared += max(had, sum(weights))
                for stay, weight in zip(hour, weights, strict=True):
                    taken[stay.runner.owner] += weight
            whole, total = parts[resource].numerator, parts[resource].denominator * shared
            for owner, weight in taken.items():
                yield owner, Fraction(whole * weight, total)
            left = shared - sum(taken.values())
            if left:
                yield idle, Fraction(whole * left, total)


@cache
def _parts_of_worth(kind: str) -> Sequence[Fraction]:
    """Of what a machine costs, by resource."""
    worth = [price * had for price, had in zip(_PRICES, _CAPACITY[kind], strict=True)]
    return [each / sum(worth) for each in worth]


def imagine(month: SampleMonth, *, seed: int) -> Workloads:
    dice = random.Random(f"{month}/{seed}/workloads")  # noqa: S311 - an example that has to repeat
    stays: dict[str, dict[int, list[Stay]]] = {machine.id: {} for machine in MACHINES}
    for hour in range(month.hours):
        running = [machine for machine in MACHINES if runs(machine.schedule, month.at(hour))]
        for stay in (*_pods(month, hour, running, dice), *_tasks(hour, running, dice)):
            stays[stay.machine.id].setdefault(hour, []).append(stay)
    return Workloads(month=month, stays=stays)


def _pods(
    month: SampleMonth, hour: int, running: Sequence[Machine], dice: random.Random
) -> Iterator[Stay]:
    for cluster in CLUSTERS:
        machines = [machine for machine in running if machine.cluster == cluster]
        for turn, (tenant, runner) in enumerate(_RUNNERS[cluster].items()):
            if is_active(tenant, month, hour):
                typical = tenant.sized(tenant.pods, month) // 2
                cpu = typical * level(month.at(hour)) * dice.randrange(700, 1300) // 100_000
                yield Stay(
                    machine=machines[turn % len(machines)],
                    hour=hour,
                    runner=runner,
                    requested=(typical * 8 // 10, typical * 3),
                    used=(cpu, cpu * 7 // 2),
                )
        for machine in machines:
            yield Stay(
                machine=machine,
                hour=hour,
                runner=_system(machine),
                requested=(250, 512),
                used=(dice.randrange(90, 320), dice.randrange(300, 600)),
            )
    first = MACHINES[0]
    yield Stay(machine=first, hour=hour, runner=_NOBODY, requested=(400, 0), used=(120, 900))


def _tasks(hour: int, running: Sequence[Machine], dice: random.Random) -> Iterator[Stay]:
    machines = [machine for machine in running if machine.cluster == TASKS]
    for turn, runner in enumerate(_TASKS):
        if turn // 2 < len(machines):
            cpu, memory = ((1_500, 4_096), (1_024, 6_144), (2_048, 8_192))[turn]
            used = dice.randrange(cpu // 4, cpu * 5 // 4), dice.randrange(memory // 2, memory)
            yield Stay(
                machine=machines[turn // 2],
                hour=hour,
                runner=runner,
                requested=(cpu, memory),
                used=used,
            )


def _pod(tenant: Tenant, cluster: str) -> Runner:
    column, key, value = _LABELLED_BY[tenant.key]
    own: dict[str, dict[str, str]] = {"labels": {"team": "platform"}}
    own.setdefault(column, {})[key] = value
    named = {"cluster": cluster, "namespace": tenant.key, "pod": f"{tenant.key}-api-0"}
    return Runner(owner=tenant.key, columns={**named, **own})


def _system(machine: Machine) -> Runner:
    name = f"aws-node-{machine.id[-5:]}"
    columns = {"cluster": machine.cluster, "namespace": "kube-system", "pod": name}
    return Runner(owner="pool:cluster", columns=columns)


def _task(service: str, owner: str, **tags: Mapping[str, str]) -> Runner:
    named = {"cluster": TASKS, "task": task_arn(service)}
    return Runner(owner=owner, columns={**named, **tags})


_RUNNERS: Final = {
    cluster: {tenant: _pod(tenant, cluster) for tenant in TENANTS if tenant.pods}
    for cluster in CLUSTERS
}
_NOBODY: Final = Runner(
    owner="unallocated",
    columns={"cluster": CLUSTERS[0], "namespace": "scratch", "pod": "notebook-0"},
)
_TASKS: Final = (
    _task("borealis-worker", "borealis", tags={"customer": "borealis"}),
    _task("cardinal-worker", "cardinal", service_tags={"customer": "cardinal"}),
    _task("batch-worker", "acme", capacity_provider_tags={"customer": "acme-corp"}),
)
_OBJECTS: Final = (
    *("labels", "annotations", "namespace_labels", "namespace_annotations"),
    *("tags", "service_tags", "capacity_provider_tags"),
)
_TEXTS: Final = (
    *("cluster", "provider_id", "namespace", "pod", "task", "volume_id", "claim"),
    *_OBJECTS,
)
_NUMBERS: Final = (
    *("cpu_request_core_hours", "cpu_used_core_hours"),
    *("memory_request_gib_hours", "memory_used_gib_hours"),
    *("node_cpu_core_hours", "node_memory_gib_hours", "storage_gib_hours"),
)
_DECIMALS: Final = 10


def record(workloads: Workloads) -> Iterator[Mapping[str, object]]:
    month = workloads.month
    for by_hour in workloads.stays.values():
        for stays in by_hour.values():
            for stay in stays:
                yield _row(stay, month)
    for machine in MACHINES:
        if workloads.stays[machine.id]:
            own = {"cluster": machine.cluster, "provider_id": _provider(machine)}
            yield own | {"volume_id": volume_of(machine), "start": month.start.astimezone(UTC)}
    halcyon = {"cluster": TASKS, "task": task_arn("halcyon-booking")}
    for hour in range(0, month.hours, 24):
        start = {"start": month.at(hour).astimezone(UTC)}
        yield start | halcyon | {"service_tags": json.dumps({"customer": "Halcyon"})}
        yield start | {
            "cluster": CLUSTERS[0],
            "namespace": "kestrel",
            "pod": "kestrel-api-0",
            "volume_id": CLAIMED_VOLUME,
            "claim": "underwriting-data",
            "storage_gib_hours": _quantity(CLAIMED_GB * 24, 1),
        }


def _provider(machine: Machine) -> str:
    return f"aws:///{machine.zone}/{machine.id}"


def _row(stay: Stay, month: SampleMonth) -> dict[str, object]:
    known = {
        name: json.dumps(value) if name in _OBJECTS else value
        for name, value in stay.runner.columns.items()
    }
    had = _CAPACITY[stay.machine.kind]
    cores = (stay.requested[0], stay.used[0], had[0])
    memory = (stay.requested[1], stay.used[1], had[1])
    taken = dict(zip(_NUMBERS[0:2], (_quantity(each, 1_000) for each in cores[:2]), strict=True))
    taken |= zip(_NUMBERS[2:4], (_quantity(each, 1_024) for each in memory[:2]), strict=True)
    return {
        **known,
        **taken,
        "provider_id": _provider(stay.machine),
        "start": month.at(stay.hour).astimezone(UTC),
        "node_cpu_core_hours": _quantity(cores[2], 1_000),
        "node_memory_gib_hours": _quantity(memory[2], 1_024),
    }


def _quantity(amount: int, parts: int) -> Decimal:
    """Exactly: a 1024th has ten decimals."""
    return (Decimal(amount) / parts).quantize(Decimal(1).scaleb(-_DECIMALS))


def write_workloads(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    schema = pa.schema(
        [
            ("start", pa.timestamp("us", tz="UTC")),
            *((name, pa.string()) for name in _TEXTS),
            *((name, pa.decimal128(28, _DECIMALS)) for name in _NUMBERS),
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(list(rows), schema=schema)
    pq.write_table(table, path, compression="snappy")
