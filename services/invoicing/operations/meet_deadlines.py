"""A job, once a day: what a date alone brings about in the accounts of past months.

docs/reference/true-up.md, "What a date brings".
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from services.invoicing.domain.true_up_terms import policy_of
from services.invoicing.models import ClosedPeriod, Debit, TrueUpAccount
from services.invoicing.operations.correct_account import place_on_its_own
from services.invoicing.operations.judge_corrections import judge_corrections
from services.invoicing.operations.settle_again import settle_month
from services.invoicing.queries.account_terms import read_terms
from shared.isolation.scope import as_ops
from shared.periods import Month
from shared.runtime.business_time import business_now
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.corrections import DebitState

# A monthly invoice comes within it; without one the contract has ended, and nothing would.
NO_INVOICE_WITHIN: Final = timedelta(days=45)


def meet_deadlines() -> None:
    """Done twice is done once."""
    _place_debits()
    _finish_accounts()


def _place_debits() -> None:
    """One that no invoice of the contract has taken since its close gets its own."""
    until = business_now().date() - NO_INVOICE_WITHIN
    waiting = Debit.objects.filter(
        state=DebitState.WAITING, is_judged=True, parked_for=[], day__lt=until
    )
    with as_ops():
        keys = list(waiting.order_by("debit_id").values_list("debit_id", "account__period"))
    for debit_id, period in keys:
        now = datetime.now(UTC)
        with as_ops():
            closed = ClosedPeriod.objects.select_for_update().get(period=period)
            debit = waiting.select_for_update(of=("self",)).filter(pk=debit_id).first()
            if debit is not None and debit.close_number == closed.number:
                place_on_its_own(debit, closed, now)
                judge_corrections(closed, now)


def _finish_accounts() -> None:
    """After the last day to credit, what is left in the customer's favour is given, however little.

    What the customer would owe is waived.
    """
    today = business_now().date()
    open_accounts = TrueUpAccount.objects.filter(state=AccountState.OPEN)
    with as_ops():
        over = [
            (account.pk, account.period)
            for account in open_accounts.order_by("period", "account_id").iterator()
            if _credit_until(account) < today
        ]
    for account_id, period in over:
        with as_ops():
            ClosedPeriod.objects.select_for_update().get(period=period)
            account = open_accounts.select_for_update().filter(pk=account_id).first()
            if account is None:
                continue
            account.state, account.version = AccountState.FINAL, account.version + 1
            account.save(update_fields=["state", "version"])
            settle_month(period)


def _credit_until(account: TrueUpAccount) -> date:
    terms = read_terms(account.terms)
    return policy_of(terms.true_up, Month.parse(account.period), account.currency).credit_until
