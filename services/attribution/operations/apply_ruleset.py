from services.attribution.models import InputSet, Ruleset, Tenant
from shared.configuration import parse_configuration, ruleset_digest
from shared.jobs.work import request_job


def apply_ruleset(*, content: str, applied_by: str) -> Ruleset:
    """Make `trueback.yaml` the current ruleset, whole, and attribute every known period again.

    The same content twice changes nothing. Raises BadConfiguration, which names the line.
    """
    configuration = parse_configuration(content)
    digest = ruleset_digest(configuration)
    current = Ruleset.objects.select_for_update().filter(is_current=True).first()
    if current is not None and current.digest == digest:
        return current
    Ruleset.objects.filter(is_current=True).update(is_current=False)
    latest = Ruleset.objects.order_by("-version").first()
    ruleset, _ = Ruleset.objects.update_or_create(
        digest=digest,
        defaults={"is_current": True},
        create_defaults={
            "version": latest.version + 1 if latest else 1,
            "content": content,
            "applied_by": applied_by,
        },
    )
    Tenant.objects.bulk_create(
        [
            Tenant(tenant_id=tenant.key, name=tenant.name or tenant.key)
            for tenant in configuration.tenants
        ],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["tenant_id"],
    )
    for period in InputSet.objects.values_list("period", flat=True).distinct():
        request_job(kind="attribute_period", key=period, payload={"period": period})
    return ruleset
