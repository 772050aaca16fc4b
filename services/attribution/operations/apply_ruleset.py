from collections.abc import Iterable

from services.attribution.models import InputSet, Period, Ruleset, RulesetApplication, Tenant
from services.attribution.queries.rulesets import meters_needed
from shared.configuration import parse_configuration, ruleset_digest
from shared.configuration.models import Configuration
from shared.isolation.locks import lock_until_commit
from shared.jobs.work import request_job


def apply_ruleset(
    *,
    content: str,
    applied_by: str,
    confirmed_by: str = "",
    configuration: Configuration | None = None,
) -> Ruleset:
    """Make `trueback.yaml` the current ruleset, whole, and attribute every open period again.

    A month that was closed keeps the ruleset that it was closed by (`reattribute_period`).
    Who may is for `change_ruleset` to say. The same content twice changes nothing. Raises
    BadConfiguration, which names the line; `configuration` is the content where it is read already.
    """
    configuration = configuration or parse_configuration(content)
    digest = ruleset_digest(configuration)
    # Before the first ruleset there is no row that who applies one at the same time could wait for.
    lock_until_commit("ruleset")
    current = Ruleset.objects.filter(is_current=True).first()
    if current is not None and current.digest == digest:
        return current
    Ruleset.objects.filter(is_current=True).update(is_current=False)
    latest = Ruleset.objects.order_by("-version").first()
    read = {
        "meters": sorted(meters_needed(configuration)),
        "reclose": configuration.billing.reclose.model_dump(mode="json"),
    }
    ruleset, _ = Ruleset.objects.update_or_create(
        digest=digest,
        defaults={"is_current": True, **read},
        create_defaults={
            "version": latest.version + 1 if latest else 1,
            "content": content,
            "applied_by": applied_by,
            **read,
        },
    )
    RulesetApplication.objects.create(
        ruleset=ruleset,
        applied_by=applied_by,
        confirmed_by=confirmed_by,
        is_agreed=bool(confirmed_by) or current is None,
    )
    _put_tenants(configuration)
    kept = Period.objects.filter(ruleset__isnull=False).values("period")
    periods = InputSet.objects.exclude(period__in=kept).values_list("period", flat=True)
    _attribute_again(periods.distinct())
    return ruleset


def _put_tenants(configuration: Configuration) -> None:
    """In the order of their keys, as everything that locks several of them does."""
    Tenant.objects.bulk_create(
        [
            Tenant(tenant_id=tenant.key, name=tenant.name or tenant.key)
            for tenant in sorted(configuration.tenants, key=lambda tenant: tenant.key)
        ],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["tenant_id"],
    )


def _attribute_again(periods: Iterable[str]) -> None:
    for period in sorted(periods):
        request_job(kind="attribute_period", key=period, payload={"period": period})
