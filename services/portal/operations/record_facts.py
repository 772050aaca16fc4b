"""Facts become read models: the highest version of each thing is kept, order means nothing."""

from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, Model, Sum

from services.portal.domain.disclosure import customer_document
from services.portal.models import (
    BillState,
    CustomerAccount,
    CustomerEstimate,
    CustomerInvoice,
    PeriodSummary,
    StaffInvoice,
    TenantContract,
    TenantMargin,
    TenantRevision,
)
from services.portal.models.invoice_form import both_forms
from shared.contracts.attribution import (
    MARGIN_VERSION_UNIT,
    MarginMeasured,
    Override,
    PeriodAttributed,
    PeriodClosed,
    PoolMeasured,
    StatementRevised,
)
from shared.contracts.ingestion import SnapshotPublished
from shared.contracts.invoicing import (
    INVOICE_DRAFTED,
    ChargesEstimated,
    CustomerContracted,
    InvoiceFact,
)
from shared.contracts.superseded.period_closed import written_overrides
from shared.contracts.versions import is_newer


def record_bill(fact: SnapshotPublished) -> None:
    _keep_newest(
        BillState,
        {"source": fact.source, "period": fact.period},
        version=fact.version,
        row_count=fact.row_count,
        delivered_at=fact.published_at,
    )


def record_period(fact: PeriodAttributed) -> None:
    totals = fact.totals
    _keep_newest(
        PeriodSummary,
        {"period": fact.period},
        version=fact.version,
        run_id=fact.run_id,
        currency=fact.currency,
        bill=totals.bill,
        attributed=totals.attributed,
        overhead=totals.overhead,
        unallocated=totals.unallocated,
        excluded=totals.excluded,
        difference=totals.difference,
        moved_in=totals.moved_in,
        moved_out=totals.moved_out,
        fallback_share=fact.fallback_share,
        attributed_at=fact.attributed_at,
        pools=[_as_json(pool) for pool in fact.pools],
    )


def record_close(fact: PeriodClosed) -> None:
    keep_close(
        period=fact.period,
        version=fact.version,
        closed_by=fact.closed_by,
        closed_at=fact.closed_at,
        overrides=fact.overrides,
        run_version=fact.run_version,
    )


def keep_close(
    *,
    period: str,
    version: int,
    closed_by: str,
    closed_at: datetime,
    overrides: list[Override],
    run_version: int,
) -> None:
    """Also of an answer to a command, which says the same before the fact arrives.

    Revisions up to the run that was closed are what the close has taken over.
    """
    PeriodSummary.objects.get_or_create(period=period)
    summary = PeriodSummary.objects.select_for_update().get(period=period)
    if not is_newer(version, than=summary.close_version):
        return
    PeriodSummary.objects.filter(period=period).update(
        close_version=version,
        closed_run_version=run_version,
        closed_by=closed_by,
        closed_at=closed_at,
        overridden_checks=[asdict(override) for override in overrides],
        overrides=written_overrides(overrides),
    )
    TenantRevision.objects.filter(period=period, version__lte=run_version).delete()
    _add_up_revisions(period)


def _add_up_revisions(period: str) -> None:
    left = TenantRevision.objects.filter(period=period)
    difference = Sum(F("cost_after") - F("cost_before"), default=Decimal(0))
    PeriodSummary.objects.filter(period=period).update(
        revised_tenant_count=left.filter(is_changed=True).count(),
        revised_by=left.aggregate(difference=difference)["difference"],
    )


def record_margin(fact: MarginMeasured) -> None:
    _keep_newest(
        TenantMargin,
        {"tenant": fact.tenant, "period": fact.period},
        version=fact.version,
        unit=MARGIN_VERSION_UNIT,
        run_id=fact.run_id,
        name=fact.tenant_name,
        currency=fact.currency,
        cost=fact.cost,
        direct_cost=fact.direct_cost,
        shared_cost=fact.shared_cost,
        revenue=fact.revenue,
        revenue_basis=fact.revenue_basis,
        lines=[
            {"charge_group": line.charge_group, "method": line.method, "amount": str(line.amount)}
            for line in fact.lines
        ],
        daily={group: [f"{day:f}" for day in days] for group, days in fact.daily.items()},
    )


def _as_json(pool: PoolMeasured) -> dict[str, Any]:
    return {
        name: f"{value:f}" if isinstance(value, Decimal) else value
        for name, value in asdict(pool).items()
    }


def record_revision(fact: StatementRevised) -> None:
    """The period's sums go by this tenant's change: to add them up anew takes longer each time.

    One by a run that was closed since is no news.
    """
    # Its lock keeps two facts of the period apart, which both read what was and write the sums.
    PeriodSummary.objects.get_or_create(period=fact.period)
    summary = PeriodSummary.objects.select_for_update().get(period=fact.period)
    if fact.version <= summary.closed_run_version:
        return
    known = TenantRevision.objects.filter(tenant=fact.tenant, period=fact.period).first()
    difference_before = known.cost_after - known.cost_before if known else Decimal(0)
    was_changed = known is not None and known.is_changed
    difference = fact.cost_after - fact.cost_before
    is_changed = bool(difference) if fact.is_changed is None else fact.is_changed
    is_newest = _keep_newest(
        TenantRevision,
        {"tenant": fact.tenant, "period": fact.period},
        version=fact.version,
        cost_before=fact.cost_before,
        cost_after=fact.cost_after,
        is_changed=is_changed,
    )
    if is_newest:
        summary.revised_tenant_count += is_changed - was_changed
        summary.revised_by += difference - difference_before
        summary.save(update_fields=["revised_tenant_count", "revised_by"])


def record_customer(fact: CustomerContracted) -> None:
    is_newest = _keep_newest(
        CustomerAccount,
        {"customer_id": fact.customer},
        version=fact.version,
        name=fact.name,
        email=fact.email,
        tenants=fact.tenants,
        plan=fact.plan,
        disclosure=fact.disclosure,
    )
    if is_newest:
        _replace_contracts(fact)


def _replace_contracts(fact: CustomerContracted) -> None:
    """Each customer's rows follow its own facts alone, so that their order means nothing."""
    contracts = TenantContract.objects.filter(customer=fact.customer)
    contracts.exclude(tenant__in=fact.tenants).delete()
    for tenant in fact.tenants:
        TenantContract.objects.update_or_create(
            tenant=tenant, customer=fact.customer, defaults={"plan": fact.plan}
        )


def record_invoice(fact: InvoiceFact) -> None:
    details = INVOICE_DRAFTED.dump(fact)
    common: dict[str, Any] = {
        "version": fact.version,
        "period": fact.period,
        "state": fact.state,
        "currency": fact.currency,
        "total": fact.total,
    }
    _keep_newest(
        StaffInvoice,
        {"invoice_id": fact.invoice_id},
        customer=fact.customer,
        customer_name=fact.customer_name,
        restated_by=fact.restated_by,
        **both_forms(details),
        **common,
    )
    shown = customer_document(details)
    if shown is not None:
        _keep_newest(
            CustomerInvoice,
            {"invoice_id": fact.invoice_id, "customer_id": fact.customer},
            **both_forms(shown),
            **common,
        )


def record_estimate(fact: ChargesEstimated) -> None:
    _keep_newest(
        CustomerEstimate,
        {"customer_id": fact.customer, "period": fact.period},
        version=fact.version,
        currency=fact.currency,
        total=fact.total,
        lines=[
            {"description": line.description, "amount": str(line.amount)} for line in fact.lines
        ],
        attributed_at=fact.attributed_at,
    )


def _keep_newest(
    model: type[Model], identity: dict[str, str], *, version: int, unit: int = 1, **fields: object
) -> bool:
    """Whether this version is the one that is kept now; `unit` as in `is_newer`."""
    manager = model._default_manager  # noqa: SLF001 - the public name is not on type[Model]
    record, is_new = manager.select_for_update().get_or_create(
        **identity, defaults={"version": version, **fields}
    )
    known = None if is_new else record.version  # type: ignore[attr-defined]
    if not is_newer(version, than=known, unit=unit):
        return False
    if is_new:
        return True
    manager.filter(pk=record.pk).update(version=version, **fields)
    return True
