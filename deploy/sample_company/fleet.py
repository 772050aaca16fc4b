"""The resources of the sample: who owns each, how it is tagged, and when it runs."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from deploy.sample_company import meters
from deploy.sample_company.commitments import RESERVED_COUNT
from deploy.sample_company.meters import Meter
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import DATA, INITECH, PRODUCTION, SANDBOX, TENANTS, Tenant

MISSPELT: Final = "gloobex"
BUSINESS_HOURS: Final = range(7, 20)
CLUSTERS: Final = ("lark-blue", "lark-green")
TASKS: Final = "lark-tasks"
_PRODUCTS: Final = ("ingest", "query", "dashboards")
_FEATURES: Final = {
    "ingest": ("connectors", "pipelines"),
    "query": ("sql", "caching"),
    "dashboards": ("boards", "alerts"),
}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """`owner` is the truth: a tenant's key, `pool:<name>`, `overhead:<name>` and so on.

    Of `node:<id>` it is whoever ran on that machine.

    `amount` is in millionths of the meter's unit: an hour's where `schedule` is `always` or
    `business` (weekdays, 07:00 to 20:00), a day's where it is `daily`.
    It runs from `from_hour` of the month on. `is_covered` is by the Savings Plan, `is_reserved` by
    the reservation.
    """

    id: str
    meter: Meter
    account: str
    tags: Mapping[str, str]
    owner: str
    zone: str = "us-west-2a"
    schedule: str = "always"
    amount: int = 1_000_000
    from_hour: int = 0
    is_covered: bool = False
    is_reserved: bool = False


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What pods or tasks of several tenants share."""

    id: str
    cluster: str
    kind: str
    zone: str = "us-west-2a"
    schedule: str = "always"


def runs(schedule: str, moment: datetime) -> bool:
    is_weekday = moment.weekday() < 5  # noqa: PLR2004 - Saturday
    return schedule != "business" or (is_weekday and moment.hour in BUSINESS_HOURS)


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:17]


def _arn(service: str, account: str, rest: str) -> str:
    return f"arn:aws:{service}:{meters.REGION}:{account}:{rest}"


def task_arn(service: str, account: str = PRODUCTION) -> str:
    return _arn("ecs", account, f"task/{TASKS}/{_hex(service)}")


def _tags(tenant: Tenant, turn: int, product: str) -> dict[str, str]:
    features = _FEATURES[product]
    tags = {
        "user:environment": "production",
        "user:product": product,
        "user:feature": features[turn % len(features)],
        "user:compliance": tenant.compliance,
    }
    if tenant.untagged_account:
        return tags
    owned = {"user:customer": tenant.spellings[turn % len(tenant.spellings)]}
    return owned | tags | {"user:team": "platform" if turn % 4 else "data"}


def _machines(tenant: Tenant, account: str, month: SampleMonth) -> Iterator[Resource]:
    turn = 0
    for kind, count, schedule in tenant.instances:
        for _ in range(tenant.sized(count, month)):
            yield Resource(
                id=f"i-{_hex(f'{tenant.key}-{turn}')}",
                meter=meters.INSTANCES[kind],
                account=account,
                tags=_tags(tenant, turn, _PRODUCTS[turn % 3]),
                owner=tenant.key,
                zone=f"us-west-2{'abc'[turn % 3]}",
                schedule=schedule,
                from_hour=tenant.first_hour(month),
                is_covered=turn < tenant.machines_covered(month),
            )
            turn += 1


def _storage(tenant: Tenant, account: str, month: SampleMonth) -> Iterator[Resource]:
    count = max(1, tenant.volumes_gb // 400)
    volumes_gb = tenant.sized(tenant.volumes_gb, month)
    for turn in range(count):
        yield Resource(
            id=f"vol-{_hex(f'{tenant.key}-volume-{turn}')}",
            meter=meters.VOLUME,
            account=account,
            tags=_tags(tenant, turn, _PRODUCTS[turn % 3]),
            owner=tenant.key,
            schedule="daily",
            amount=volumes_gb * 1_000_000 // count // month.days_of_month,
            from_hour=tenant.first_hour(month),
        )
    yield Resource(
        id=f"larkfield-{tenant.key}-lake",
        meter=meters.BUCKET,
        account=account if tenant.untagged_account else DATA,
        tags=_tags(tenant, 0, "ingest"),
        owner=tenant.key,
        zone="",
        schedule="daily",
        amount=tenant.sized(tenant.bucket_gb, month) * 1_000_000 // month.days_of_month,
        from_hour=tenant.first_hour(month),
    )


def _tasks(tenant: Tenant, account: str, month: SampleMonth) -> Iterator[Resource]:
    """Services on Fargate; where a task was not tagged, its service is."""
    for turn, (name, cpus, is_tagged) in enumerate(tenant.services):
        service = f"{tenant.key}-{name}"
        tags = {"aws:ecs:clusterName": TASKS, "aws:ecs:serviceName": service}
        if is_tagged:
            tags |= _tags(tenant, turn, "dashboards")
        for meter, amount in ((meters.FARGATE_CPU, cpus), (meters.FARGATE_MEMORY, cpus * 2)):
            yield Resource(
                id=task_arn(service, account),
                meter=meter,
                account=account,
                tags=tags,
                owner=tenant.key,
                zone="",
                amount=amount * 1_000_000,
                from_hour=tenant.first_hour(month),
            )


def _of_tenant(tenant: Tenant, month: SampleMonth) -> Iterator[Resource]:
    account = INITECH if tenant.untagged_account else PRODUCTION
    yield from _machines(tenant, account, month)
    yield from _storage(tenant, account, month)
    yield from _tasks(tenant, account, month)
    prices = meters.DATABASES | (meters.CORRECTED if month.is_restated else {})
    for turn, kind in enumerate(tenant.databases):
        yield Resource(
            id=_arn("rds", account, f"db:{tenant.key}-{turn}"),
            meter=prices[kind],
            account=account,
            tags=_tags(tenant, turn, "query"),
            owner=tenant.key,
            from_hour=tenant.first_hour(month),
        )
    yield Resource(
        id=f"i-{_hex(f'{tenant.key}-0')}",
        meter=meters.EGRESS,
        account=account,
        tags=_tags(tenant, 0, _PRODUCTS[0]),
        owner=tenant.key,
        schedule="daily",
        amount=tenant.sized(tenant.egress_gb_day, month) * 1_000_000,
        from_hour=tenant.first_hour(month),
    )
    if "nat" in tenant.extras:
        yield Resource(  # a gateway of its own, tagged: the label wins over the pool
            id=_arn("ec2", account, f"natgateway/nat-{_hex(tenant.key)}"),
            meter=meters.NAT_HOURS,
            account=account,
            tags={"user:customer": tenant.key, "user:environment": "production"},
            owner=tenant.key,
        )


# Workers of two clusters of EKS, of which four are reserved and two work by day, and of one of ECS.
MACHINES: Final = (
    *(
        Machine(
            id=f"i-{_hex(f'node-{turn}')}",
            cluster=CLUSTERS[turn % 2],
            kind="m6i.2xlarge",
            zone=f"us-west-2{'ab'[turn % 2]}",
            schedule="always" if turn < 3 else "business",  # noqa: PLR2004 - the others are spare
        )
        for turn in range(5)
    ),
    Machine(id=f"i-{_hex('tasks-0')}", cluster=TASKS, kind="m6i.xlarge"),
    Machine(id=f"i-{_hex('tasks-1')}", cluster=TASKS, kind="m6i.xlarge", schedule="business"),
)
# A claim of kestrel's pod in the blue cluster.
CLAIMED_VOLUME: Final = f"vol-{_hex('underwriting-data')}"
CLAIMED_GB: Final = 300


def volume_of(machine: Machine) -> str:
    return machine.id.replace("i-", "vol-", 1)


def _nodes(month: SampleMonth) -> Iterator[Resource]:
    """Machines that pods or tasks of several tenants share, each with a volume of its own."""
    for turn, machine in enumerate(MACHINES):
        tags = {"user:environment": "production", "user:team": "platform"}
        if machine.cluster in CLUSTERS:
            tags |= {"aws:eks:cluster-name": machine.cluster}
        yield Resource(
            id=machine.id,
            meter=meters.INSTANCES[machine.kind],
            account=PRODUCTION,
            tags=tags,
            owner=f"node:{machine.id}",
            zone=machine.zone,
            schedule=machine.schedule,
            is_reserved=turn < RESERVED_COUNT,
        )
        yield _volume(volume_of(machine), 100, month, tags, f"node:{machine.id}", machine.zone)
    yield _volume(CLAIMED_VOLUME, CLAIMED_GB, month, {}, "kestrel", "us-west-2a")


def _volume(
    volume: str, size_gb: int, month: SampleMonth, tags: Mapping[str, str], owner: str, zone: str
) -> Resource:
    return Resource(
        id=volume,
        meter=meters.VOLUME,
        account=PRODUCTION,
        tags=tags,
        owner=owner,
        zone=zone,
        schedule="daily",
        amount=size_gb * 1_000_000 // month.days_of_month,
    )


def _shared() -> Iterator[Resource]:
    base = {"user:environment": "production", "user:team": "platform"}
    for turn, name in enumerate(CLUSTERS):
        yield Resource(
            id=_arn("eks", PRODUCTION, f"cluster/{name}"),
            meter=meters.CLUSTER,
            account=PRODUCTION,
            tags=base,
            owner="pool:cluster",
            zone=f"us-west-2{'ab'[turn]}",
        )
    yield Resource(
        id=f"i-{_hex('monitoring')}",
        meter=meters.INSTANCES["m6i.2xlarge"],
        account=PRODUCTION,
        tags=base | {"user:app": "monitoring"},
        owner="pool:monitoring",
    )
    for turn in range(4):
        yield Resource(
            id=_arn("kafka", DATA, f"cluster/events/{_hex('msk')}"),
            meter=meters.BROKER,
            account=DATA,
            tags=base | {"user:app": "streaming"},
            owner="pool:streaming",
            zone=f"us-west-2{'abc'[turn % 3]}",
        )
    for turn in range(3):
        yield Resource(
            id=_arn("es", DATA, "domain/search"),
            meter=meters.SEARCH,
            account=DATA,
            tags=base | {"user:app": "search"},
            owner="pool:search",
            zone=f"us-west-2{'abc'[turn]}",
        )


def _astray(month: SampleMonth) -> Iterator[Resource]:
    """What nobody tagged, what somebody misspelt, and the engineers' sandbox."""
    for turn in range(2):
        yield Resource(
            id=f"i-{_hex(f'untagged-{turn}')}",
            meter=meters.INSTANCES["m6i.large"],
            account=PRODUCTION,
            tags={} if turn else {"user:environment": "production"},
            owner="unallocated",
        )
    yield Resource(
        id=f"vol-{_hex('untagged')}",
        meter=meters.VOLUME,
        account=PRODUCTION,
        tags={},
        owner="unallocated",
        schedule="daily",
        amount=500_000_000 // month.days_of_month,
    )
    yield Resource(
        id=f"i-{_hex('misspelt')}",
        meter=meters.INSTANCES["m6i.large"],
        account=PRODUCTION,
        tags={"user:customer": MISSPELT, "user:environment": "production"},
        owner=f"unmapped:{MISSPELT}",
    )
    for turn, kind in enumerate(("m6i.xlarge", "c6i.2xlarge", "m6i.2xlarge")):
        yield Resource(
            id=f"i-{_hex(f'sandbox-{turn}')}",
            meter=meters.INSTANCES[kind],
            account=SANDBOX,
            tags={"user:team": "engineering", "user:environment": "development"},
            owner="overhead:engineering",
            schedule="always" if turn == 0 else "business",
        )
    yield Resource(  # inside the overhead account: the rule wins over the pool
        id=_arn("ec2", SANDBOX, f"natgateway/nat-{_hex('sandbox')}"),
        meter=meters.NAT_HOURS,
        account=SANDBOX,
        tags={"user:team": "engineering", "user:environment": "development"},
        owner="overhead:engineering",
    )


def fleet(month: SampleMonth) -> list[Resource]:
    """Every resource with a steady charge, in the order their lines are made."""
    owned = [resource for tenant in TENANTS for resource in _of_tenant(tenant, month)]
    return [*owned, *_shared(), *_nodes(month), *_astray(month)]
