from typing import Final

from services.invoicing.models import AttributedPeriod, ClosedPeriod, Invoice, StatementRevision
from services.invoicing.operations.move_invoice import held_for, move_invoice
from services.invoicing.queries.invoice_fact import parked_for
from shared.contracts.attribution import PeriodAttributed, PeriodClosed
from shared.contracts.invoicing import Cause
from shared.contracts.versions import is_newer
from shared.jobs.work import request_job
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State

RESTATED: Final = Cause(CauseCode.RESTATED)


def record_close(fact: PeriodClosed) -> None:
    """A period is closed: ask for its drafts. The newest close of a period counts."""
    known = ClosedPeriod.objects.select_for_update().filter(period=fact.period).first()
    if not is_newer(fact.version, than=known.version if known else None):
        return
    # A run that no later one could exceed would keep every restatement from parking the drafts.
    attributed = AttributedPeriod.objects.filter(period=fact.period).first()
    is_newer(fact.run_version, than=attributed.version if attributed else None)
    ClosedPeriod.objects.update_or_create(
        period=fact.period,
        defaults={
            "version": fact.version,
            "run_id": fact.run_id,
            "run_version": fact.run_version,
            "number": fact.number,
            "causes": sorted({cause.code for cause in fact.causes}),
            "currency": fact.currency,
            "statements_uri": fact.statements_uri,
            "unallocated_share": fact.unallocated_share,
            "closed_by": fact.closed_by,
            "closed_at": fact.closed_at,
            "is_drafted": False,
        },
    )
    request_job(kind="draft_invoices", key=fact.period, payload={"period": fact.period})


def park_restated(fact: PeriodAttributed) -> None:
    """The bill was restated after the drafts were made: they wait until a person has looked.

    The run is remembered, since its fact may come before that of the close. What was drafted anew
    on this run, or on a newer one whose revisions came first, does not wait.
    """
    known, is_new = AttributedPeriod.objects.select_for_update().get_or_create(
        period=fact.period, defaults={"version": fact.version, "run_id": fact.run_id}
    )
    if is_newer(fact.version, than=None if is_new else known.version) and not is_new:
        AttributedPeriod.objects.filter(pk=known.pk).update(
            version=fact.version, run_id=fact.run_id
        )
    closed = ClosedPeriod.objects.select_for_update().filter(period=fact.period).first()
    if closed is None or fact.version <= closed.run_version:
        return
    waiting = Invoice.objects.select_for_update().filter(
        period=fact.period,
        kind=InvoiceKind.STANDARD,
        state__in=[State.DRAFT, State.IN_REVIEW, State.APPROVED, State.PARKED],
    )
    at_least_as_new = StatementRevision.objects.filter(
        period=fact.period, version__gte=fact.version
    ).values("run_id")
    for invoice in waiting.exclude(run_id=fact.run_id).exclude(run_id__in=at_least_as_new):
        causes = parked_for(invoice)
        if invoice.state == State.PARKED and RESTATED in causes:
            continue
        move_invoice(
            invoice,
            State.PARKED,
            actor="trueback",
            cause=Cause(CauseCode.BILL_RESTATED, {"run": fact.run_id.removeprefix("run_")}),
            now=fact.attributed_at,
            parked_from=invoice.parked_from or invoice.state,
            **held_for([*causes, RESTATED]),
        )


def is_restated(period: str, run_version: int) -> bool:
    """A newer run than this is known; asked under the lock of the closed period."""
    return AttributedPeriod.objects.filter(period=period, version__gt=run_version).exists()
