"""The resources of the sample: who owns each, how it is tagged, and when it runs."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from deploy.sample import meters
from deploy.sample.meters import Meter
from deploy.sample.tenants import DATA, INITECH, PRODUCTION, SANDBOX, TENANTS, Tenant

MISSPELT: Final = "gloobex"
_PRODUCTS: Final = ("ingest", "query", "dashboards")


@dataclass(frozen=True, kw_only=True)
class Resource:
    """`owner` is the truth: a tenant's key, `pool:<name>`, `overhead:<name>` and so on.

    `amount` is in millionths of the meter's unit: an hour's where `schedule` is `always` or
    `business` (weekdays, 07:00 to 20:00), a day's where it is `daily`.
    `is_covered` is by the Savings Plan.
    """

    id: str
    meter: Meter
    account: str
    tags: Mapping[str, str]
    owner: str
    zone: str = "us-west-2a"
    schedule: str = "always"
    amount: int = 1_000_000
    from_day: int = 1
    is_covered: bool = False


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:17]


def _arn(service: str, account: str, rest: str) -> str:
    return f"arn:aws:{service}:{meters.REGION}:{account}:{rest}"


def _tags(tenant: Tenant, turn: int, product: str) -> dict[str, str]:
    if tenant.untagged_account:
        return {"user_environment": "production", "user_product": product}
    return {
        "user_customer": tenant.spellings[turn % len(tenant.spellings)],
        "user_environment": "production",
        "user_product": product,
        "user_team": "platform" if turn % 4 else "data",
    }


def _machines(tenant: Tenant, account: str) -> Iterator[Resource]:
    turn = 0
    for kind, count, schedule in tenant.instances:
        for _ in range(count):
            name = f"{tenant.key}-{turn}"
            yield Resource(
                id=f"i-{_hex(name)}",
                meter=meters.INSTANCES[kind],
                account=account,
                tags=_tags(tenant, turn, _PRODUCTS[turn % 3]),
                owner=tenant.key,
                zone=f"us-west-2{'abc'[turn % 3]}",
                schedule=schedule,
                from_day=tenant.active_from_day,
                is_covered=turn < tenant.covered,
            )
            turn += 1


def _storage(tenant: Tenant, account: str, days: int) -> Iterator[Resource]:
    count = max(1, tenant.volumes_gb // 400)
    for turn in range(count):
        yield Resource(
            id=f"vol-{_hex(f'{tenant.key}-volume-{turn}')}",
            meter=meters.VOLUME,
            account=account,
            tags=_tags(tenant, turn, _PRODUCTS[turn % 3]),
            owner=tenant.key,
            schedule="daily",
            amount=tenant.volumes_gb * 1_000_000 // count // days,
            from_day=tenant.active_from_day,
        )
    yield Resource(
        id=f"larkfield-{tenant.key}-lake",
        meter=meters.BUCKET,
        account=account if tenant.untagged_account else DATA,
        tags=_tags(tenant, 0, "ingest"),
        owner=tenant.key,
        zone="",
        schedule="daily",
        amount=tenant.bucket_gb * 1_000_000 // days,
        from_day=tenant.active_from_day,
    )


def _of_tenant(tenant: Tenant, days: int) -> Iterator[Resource]:
    account = INITECH if tenant.untagged_account else PRODUCTION
    yield from _machines(tenant, account)
    yield from _storage(tenant, account, days)
    for turn, kind in enumerate(tenant.databases):
        yield Resource(
            id=_arn("rds", account, f"db:{tenant.key}-{turn}"),
            meter=meters.DATABASES[kind],
            account=account,
            tags=_tags(tenant, turn, "query"),
            owner=tenant.key,
            from_day=tenant.active_from_day,
        )
    yield Resource(
        id=f"i-{_hex(f'{tenant.key}-0')}",
        meter=meters.EGRESS,
        account=account,
        tags=_tags(tenant, 0, _PRODUCTS[0]),
        owner=tenant.key,
        schedule="daily",
        amount=tenant.egress_gb_day * 1_000_000,
        from_day=tenant.active_from_day,
    )
    if "nat" in tenant.extras:
        yield Resource(  # a gateway of its own, tagged: the label wins over the pool
            id=_arn("ec2", account, f"natgateway/nat-{_hex(tenant.key)}"),
            meter=meters.NAT_HOURS,
            account=account,
            tags={"user_customer": tenant.key, "user_environment": "production"},
            owner=tenant.key,
        )


def _shared() -> Iterator[Resource]:
    base = {"user_environment": "production", "user_team": "platform"}
    for turn, name in enumerate(("lark-blue", "lark-green")):
        yield Resource(
            id=_arn("eks", PRODUCTION, f"cluster/{name}"),
            meter=meters.CLUSTER,
            account=PRODUCTION,
            tags=base,
            owner="pool:control-plane",
            zone=f"us-west-2{'ab'[turn]}",
        )
    for turn in range(4):
        yield Resource(
            id=_arn("kafka", DATA, f"cluster/events/{_hex('msk')}"),
            meter=meters.BROKER,
            account=DATA,
            tags=base | {"user_app": "streaming"},
            owner="pool:streaming",
            zone=f"us-west-2{'abc'[turn % 3]}",
        )
    for turn in range(3):
        yield Resource(
            id=_arn("es", DATA, "domain/search"),
            meter=meters.SEARCH,
            account=DATA,
            tags=base | {"user_app": "search"},
            owner="pool:search",
            zone=f"us-west-2{'abc'[turn]}",
        )


def _astray(days: int) -> Iterator[Resource]:
    """What nobody tagged, what somebody misspelt, and the engineers' sandbox."""
    for turn in range(2):
        yield Resource(
            id=f"i-{_hex(f'untagged-{turn}')}",
            meter=meters.INSTANCES["m6i.large"],
            account=PRODUCTION,
            tags={} if turn else {"user_environment": "production"},
            owner="unallocated",
        )
    yield Resource(
        id=f"vol-{_hex('untagged')}",
        meter=meters.VOLUME,
        account=PRODUCTION,
        tags={},
        owner="unallocated",
        schedule="daily",
        amount=500_000_000 // days,
    )
    yield Resource(
        id=f"i-{_hex('misspelt')}",
        meter=meters.INSTANCES["m6i.large"],
        account=PRODUCTION,
        tags={"user_customer": MISSPELT, "user_environment": "production"},
        owner=f"unmapped:{MISSPELT}",
    )
    for turn, kind in enumerate(("m6i.xlarge", "c6i.2xlarge", "m6i.2xlarge")):
        yield Resource(
            id=f"i-{_hex(f'sandbox-{turn}')}",
            meter=meters.INSTANCES[kind],
            account=SANDBOX,
            tags={"user_team": "engineering", "user_environment": "development"},
            owner="overhead:engineering",
            schedule="always" if turn == 0 else "business",
        )
    yield Resource(  # inside the overhead account: the rule wins over the pool
        id=_arn("ec2", SANDBOX, f"natgateway/nat-{_hex('sandbox')}"),
        meter=meters.NAT_HOURS,
        account=SANDBOX,
        tags={"user_team": "engineering", "user_environment": "development"},
        owner="overhead:engineering",
    )


def fleet(days: int) -> list[Resource]:
    """Every resource with a steady charge, in the order their lines are delivered."""
    owned = [resource for tenant in TENANTS for resource in _of_tenant(tenant, days)]
    return owned + list(_shared()) + list(_astray(days))
