"""The lines of a month's bill: resources by the hour or day, what is metered, monthly fees."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from deploy.sample_company import meters
from deploy.sample_company.commitments import covered, plan_lines, reservation_fee, reserved
from deploy.sample_company.fleet import Resource, fleet, runs
from deploy.sample_company.lines import Line
from deploy.sample_company.meters import Meter
from deploy.sample_company.months import SampleMonth
from deploy.sample_company.tenants import DATA, INITECH, PAYER, PRODUCTION, SANDBOX
from deploy.sample_company.traffic import GATEWAYS, Traffic

_QUANTA_PER_DOLLAR: Final = 10**10
_SHARED_TAGS: Final = MappingProxyType({"user:environment": "production", "user:team": "platform"})


def _line(resource: Resource, month: SampleMonth, hour: int, span: int, times: int = 1) -> Line:
    start = month.at(hour)
    line = Line(
        start=start,
        end=start + timedelta(hours=span),
        account=resource.account,
        meter=resource.meter,
        quanta=resource.amount * times * resource.meter.rate_in_ten_thousandths,
        usage_micro=resource.amount * times,
        owner=resource.owner,
        resource=resource.id,
        zone=resource.zone,
        tags=resource.tags,
        hour=hour,
        span=span,
    )
    if resource.is_covered:
        return covered(line)
    return reserved(line) if resource.is_reserved else line


def _times(schedule: str, moment: datetime, span: int) -> int:
    """How often the resource's amount is charged in the hours from the moment on."""
    if schedule == "daily":
        return 1
    if schedule == "always":
        return span
    return sum(runs(schedule, moment + timedelta(hours=hour)) for hour in range(span))


def _steady(month: SampleMonth) -> Iterator[Line]:
    for resource in fleet(month):
        span = 24 if resource.schedule == "daily" else month.slot_hours
        for hour in range(resource.from_hour, month.hours, span):
            times = _times(resource.schedule, month.at(hour), span)
            if times:
                yield _line(resource, month, hour, span, times)


def _metered(month: SampleMonth, traffic: Traffic) -> Iterator[Line]:
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
        by_hour = [sum(quantities.values()) for quantities in traffic.measured[meter, source]]
        for hour in range(0, month.hours, month.slot_hours):
            resource = Resource(
                id=resource_id,
                meter=price,
                account=PRODUCTION,
                tags=_SHARED_TAGS,
                owner=owner,
                zone="",
                amount=sum(by_hour[hour : hour + month.slot_hours]),
            )
            yield _line(resource, month, hour, month.slot_hours)
            fee = {"nat_bytes": meters.NAT_HOURS, "alb_lcu": meters.BALANCER_HOURS}.get(meter)
            if fee:
                hourly = _by_the_hour(resource, fee)
                yield _line(hourly, month, hour, month.slot_hours, month.slot_hours)


def _by_the_hour(resource: Resource, meter: Meter) -> Resource:
    return Resource(
        id=resource.id,
        meter=meter,
        account=resource.account,
        tags=resource.tags,
        owner=resource.owner,
        zone="us-west-2a" if meter is meters.NAT_HOURS else "",
    )


def _of_the_month(month: SampleMonth, usage_quanta: int) -> Iterator[Line]:
    """Instalments and tax; once the month is over also support and what AWS gave back."""
    whole: dict[str, Any] = {"start": month.start, "end": month.end, "usage_micro": 1_000_000}
    instalment = 10 + month.offset
    yield Line(
        **whole,
        account=PAYER,
        meter=meters.MARKETPLACE,
        quanta=1_490 * _QUANTA_PER_DOLLAR,
        owner="excluded:marketplace",
        description=f"Observely Pro, 50 hosts, instalment {instalment} of 12",
        marketplace=True,
    )
    yield Line(
        **whole,
        account=PAYER,
        meter=meters.INSTANCES["m6i.large"],
        quanta=-1_250 * _QUANTA_PER_DOLLAR,
        owner="pool:credits",
        line_type="Credit",
        description=f"MAP migration credit, instalment {instalment - 7} of 12",
    )
    for account, meter, quanta in (
        (PRODUCTION, meters.INSTANCES["m6i.large"], 1_187_346_000_000),
        (DATA, meters.BUCKET, 204_911_000_000),
        (INITECH, meters.DATABASES["db.r6g.xlarge"], 113_872_000_000),
        (SANDBOX, meters.INSTANCES["m6i.large"], 38_120_000_000),
    ):
        yield Line(
            **whole,
            account=account,
            meter=meter,
            quanta=quanta * month.days // month.days_of_month,
            owner="overhead:engineering" if account == SANDBOX else "pool:tax",
            line_type="Tax",
            description=f"Tax for product code {meter.product[0]}",
        )
    if month.is_over:
        yield _support(whole, usage_quanta)
        yield from _given_back(whole, month)


def _support(whole: dict[str, Any], usage_quanta: int) -> Line:
    """By AWS' Business tiers: 10 % to 10,000, then 7 %."""
    first = min(usage_quanta, 10_000 * _QUANTA_PER_DOLLAR)
    return Line(
        **whole,
        account=PAYER,
        meter=meters.SUPPORT,
        quanta=first // 10 + (usage_quanta - first) * 7 // 100,
        owner="pool:support",
        line_type="Fee",
        description="AWS Support (Business): 10% of the first $10,000, 7% above",
    )


def _given_back(whole: dict[str, Any], month: SampleMonth) -> Iterator[Line]:
    """The anchor's refund, and a credit for one tenant's account that its restatement brings."""
    if month.offset == 0:
        yield Line(
            **whole,
            account=PRODUCTION,
            meter=meters.EGRESS,
            quanta=-964_137_500_000,
            owner="acme",
            line_type="Refund",
            tags={"user:customer": "acme-corp", "user:environment": "production"},
            description="Refund for data transfer charged twice on the 3rd",
        )
    if month.is_restated:
        yield Line(
            **whole,
            account=INITECH,
            meter=meters.DATABASES["db.r6g.xlarge"],
            quanta=-218 * _QUANTA_PER_DOLLAR,
            owner="initech",
            line_type="Credit",
            description="Service credit for RDS availability on the 17th",
        )


def late_line(month: SampleMonth) -> Line:
    """Data sent in the anchor's last but one hour, which AWS had not metered when that was over."""
    anchor = replace(month, offset=0)
    start = anchor.at(anchor.hours - 2)
    gigabytes = 140
    return Line(
        start=start,
        end=start + timedelta(hours=1),
        account=PRODUCTION,
        meter=meters.EGRESS,
        quanta=gigabytes * meters.EGRESS.rate_in_ten_thousandths * 1_000_000,
        usage_micro=gigabytes * 1_000_000,
        owner="fennec",
        tags={"user:customer": "fennec", "user:environment": "production"},
    )


def write_bill(month: SampleMonth, traffic: Traffic, dice: random.Random) -> list[Line]:
    """Every line, in the shuffled order that AWS delivers them in."""
    lines = [*_steady(month), *_metered(month, traffic)]
    lines += [*plan_lines(lines, month), reservation_fee(lines, month)]
    lines += _of_the_month(month, sum(line.quanta for line in lines))
    if month.has_late_line and not month.is_over:
        lines.append(late_line(month))
    dice.shuffle(lines)
    return lines
