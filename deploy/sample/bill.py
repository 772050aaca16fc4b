"""The lines of the month's bill: resources by the hour, what is metered, what is of the month."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from deploy.sample import meters
from deploy.sample.commitments import covered, plan_lines
from deploy.sample.fleet import Resource, fleet
from deploy.sample.lines import Line
from deploy.sample.meters import Meter
from deploy.sample.tenants import DATA, INITECH, PAYER, PRODUCTION, SANDBOX
from deploy.sample.traffic import GATEWAYS, Traffic
from shared.periods import Month

_UNITS_PER_DOLLAR: Final = 10**10
_BUSINESS_HOURS: Final = range(7, 20)
_SHARED_TAGS: Final = MappingProxyType({"user_environment": "production", "user_team": "platform"})


def _line(resource: Resource, period: Month, hour: int, hours: int) -> Line:
    start = period.start + timedelta(hours=hour)
    return Line(
        start=start,
        end=start + timedelta(hours=hours),
        account=resource.account,
        meter=resource.meter,
        units=resource.amount * resource.meter.rate_in_ten_thousandths,
        usage_micro=resource.amount,
        owner=resource.owner,
        resource=resource.id,
        zone=resource.zone,
        tags=resource.tags,
        hour=hour,
    )


def _runs(schedule: str, moment: datetime) -> bool:
    if schedule == "business":
        return moment.weekday() < 5 and moment.hour in _BUSINESS_HOURS  # noqa: PLR2004 - Saturday
    return schedule == "always" or moment.hour == 0


def _steady(period: Month) -> Iterator[Line]:
    hours = period.period.hours
    for resource in fleet(hours // 24):
        span = 24 if resource.schedule == "daily" else 1
        for hour in range((resource.from_day - 1) * 24, hours):
            if _runs(resource.schedule, period.start + timedelta(hours=hour)):
                line = _line(resource, period, hour, span)
                yield covered(line) if resource.is_covered else line


def _metered(period: Month, traffic: Traffic) -> Iterator[Line]:
    """NAT gateways, the load balancer and the log group: charged by the true traffic."""
    arn = f"arn:aws:{{}}:{meters.REGION}:{PRODUCTION}:{{}}"
    charges = [
        ("nat_bytes", name, meters.NAT_BYTES, "pool:nat", arn.format("ec2", f"natgateway/{name}"))
        for name in GATEWAYS
    ]
    balancer = arn.format("elasticloadbalancing", "loadbalancer/app/edge/5d1c0b7a9e3f2468")
    charges.append(("alb_lcu", "alb", meters.BALANCER_UNITS, "pool:load-balancer", balancer))
    group = arn.format("logs", "log-group:/larkfield/application")
    charges.append(("log_bytes", "logs", meters.LOG_BYTES, "pool:logs", group))
    for meter, source, price, owner, resource_id in charges:
        for hour, quantities in enumerate(traffic.measured[meter, source]):
            resource = Resource(
                id=resource_id,
                meter=price,
                account=PRODUCTION,
                tags=_SHARED_TAGS,
                owner=owner,
                zone="",
                amount=sum(quantities.values()),
            )
            yield _line(resource, period, hour, 1)
            if meter == "nat_bytes":
                yield _line(_by_the_hour(resource, meters.NAT_HOURS), period, hour, 1)
            if meter == "alb_lcu":
                yield _line(_by_the_hour(resource, meters.BALANCER_HOURS), period, hour, 1)


def _by_the_hour(resource: Resource, meter: Meter) -> Resource:
    return Resource(
        id=resource.id,
        meter=meter,
        account=resource.account,
        tags=resource.tags,
        owner=resource.owner,
        zone="us-west-2a" if meter is meters.NAT_HOURS else "",
    )


def _of_the_month(period: Month, usage_units: int) -> Iterator[Line]:
    """Support by AWS' Business tiers (10 % to 10,000, then 7 %), tax, a credit, a refund."""
    whole = {"start": period.start, "end": period.end, "usage_micro": 1_000_000}
    first = min(usage_units, 10_000 * _UNITS_PER_DOLLAR)
    yield Line(
        **whole,  # type: ignore[arg-type]
        account=PAYER,
        meter=meters.SUPPORT,
        units=first // 10 + (usage_units - first) * 7 // 100,
        owner="pool:support",
        line_type="Fee",
        description="AWS Support (Business): 10% of the first $10,000, 7% above",
    )
    yield Line(
        **whole,  # type: ignore[arg-type]
        account=PAYER,
        meter=meters.INSTANCES["m6i.large"],
        units=-1_250 * _UNITS_PER_DOLLAR,
        owner="pool:credits",
        line_type="Credit",
        description="MAP migration credit, instalment 3 of 12",
    )
    yield Line(
        **whole,  # type: ignore[arg-type]
        account=PRODUCTION,
        meter=meters.EGRESS,
        units=-964_137_500_000,
        owner="acme",
        line_type="Refund",
        tags={"user_customer": "acme-corp", "user_environment": "production"},
        description="Refund for data transfer charged twice on the 3rd",
    )
    yield Line(
        **whole,  # type: ignore[arg-type]
        account=PAYER,
        meter=meters.MARKETPLACE,
        units=1_490 * _UNITS_PER_DOLLAR,
        owner="excluded:marketplace",
        description="Observely Pro, 50 hosts, instalment 10 of 12",
        marketplace=True,
    )
    for account, meter, units in (
        (PRODUCTION, meters.INSTANCES["m6i.large"], 1_187_346_000_000),
        (DATA, meters.BUCKET, 204_911_000_000),
        (INITECH, meters.DATABASES["db.r6g.xlarge"], 113_872_000_000),
        (SANDBOX, meters.INSTANCES["m6i.large"], 38_120_000_000),
    ):
        yield Line(
            **whole,  # type: ignore[arg-type]
            account=account,
            meter=meter,
            units=units,
            owner="overhead:engineering" if account == SANDBOX else "pool:tax",
            line_type="Tax",
            description=f"Tax for product code {meter.product[0]}",
        )


def write_bill(period: Month, traffic: Traffic, dice: random.Random) -> list[Line]:
    """Every line, in the shuffled order that AWS delivers them in."""
    lines = [*_steady(period), *_metered(period, traffic)]
    lines += list(plan_lines(lines, period))
    lines += _of_the_month(period, sum(line.units for line in lines))
    dice.shuffle(lines)
    return lines
