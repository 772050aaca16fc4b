"""What was drafted on an older close makes room for a draft on the newest one."""

from datetime import datetime
from typing import Final

from services.invoicing.models import ClosedPeriod, Contract, Invoice
from services.invoicing.operations.move_invoice import held_for, move_invoice
from services.invoicing.operations.record_revenue import record_revenue
from services.invoicing.queries.invoice_fact import parked_for
from shared.contracts.invoicing import Cause
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import UNISSUED_STATES, State

# Who does in the log what no person does.
ACTOR: Final = "trueback"
# What a draft is judged by when it is made: the new one is judged anew. What a person, or Stripe,
# holds an invoice for stays with it, and so does the invoice.
_JUDGED_ANEW: Final = frozenset(
    {
        CauseCode.RESTATED,
        CauseCode.NEGATIVE_TOTAL,
        CauseCode.BELOW_ZERO,
        CauseCode.BELOW_SMALLEST_CHARGE,
        CauseCode.TOO_MANY_LINES,
        CauseCode.PART_OF_MONTH,
        CauseCode.UNALLOCATED_SHARE,
        CauseCode.ABOVE_MEDIAN,
        CauseCode.NOT_INVOICED_BEFORE,
    }
)


def close_cause(closed: ClosedPeriod) -> Cause:
    if closed.number == 1:
        return Cause(CauseCode.PERIOD_CLOSED, {"period": closed.period})
    figures = {"period": closed.period, "number": str(closed.number)}
    return Cause(CauseCode.CLOSED_AGAIN, figures)


def give_way(contract: Contract, closed: ClosedPeriod, now: datetime) -> bool:
    """Whether a draft of the contract was discarded; under the lock of the closed period.

    What is approved is held instead: who has approved it is told, and nothing is taken from under
    them. What is being issued, or is issued, is none of this. What was drafted since the close is
    on it, or on a newer run where a person has discarded what was there.
    """
    on_older_close = (
        Invoice.objects.select_for_update()
        .filter(
            contract=contract,
            period=closed.period,
            kind=InvoiceKind.STANDARD,
            state__in=UNISSUED_STATES,
            drafted_at__lt=closed.closed_at,
            reissues=None,  # the account that it is of sees to it
        )
        .exclude(run_id=closed.run_id)
    )
    gave_way = False
    for invoice in on_older_close:
        if invoice.state == State.APPROVED:
            _hold(invoice, closed, now)
        elif _JUDGED_ANEW.issuperset(cause.code for cause in parked_for(invoice)):
            move_invoice(invoice, State.VOID, actor=ACTOR, cause=close_cause(closed), now=now)
            record_revenue(invoice, basis=State.DRAFT, sign=-1, now=now)
            gave_way = True
    return gave_way


def _hold(invoice: Invoice, closed: ClosedPeriod, now: datetime) -> None:
    cause = Cause(CauseCode.APPROVED_ON_OLDER_CLOSE, {"number": str(closed.number)})
    move_invoice(
        invoice,
        State.PARKED,
        actor=ACTOR,
        cause=cause,
        now=now,
        parked_from=invoice.state,
        **held_for([cause]),
    )
