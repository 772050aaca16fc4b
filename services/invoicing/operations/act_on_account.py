"""What a person decides of an account that is stopped: bill it anew, let it go, or go on with it.

docs/reference/true-up.md, "Accounts that are stopped".
"""

from datetime import datetime

from services.invoicing.models import ClosedPeriod, TrueUpAccount
from services.invoicing.operations.act_on_invoice import ActionRefused
from services.invoicing.operations.move_account import move_account
from services.invoicing.operations.reissue_invoice import discard_reissue, draft_reissue
from services.invoicing.operations.settle_again import settle_month
from services.invoicing.queries.reissues import account_choices
from shared.auth.actors import Actor
from shared.contracts.invoicing import Cause, Refusal
from shared.vocabulary.account_states import AccountChoice, AccountState
from shared.vocabulary.invoice_causes import CauseCode, RefusalCode
from shared.vocabulary.invoice_states import State


def act_on_account(
    *, account_id: str, action: str, actor: Actor, reason: str, now: datetime
) -> TrueUpAccount:
    """Do it under the locks of the month and the account; what it changes is settled by a job.

    Raises ActionRefused, NothingToReissue, TrueUpAccount.DoesNotExist.
    """
    period = TrueUpAccount.objects.values_list("period", flat=True).get(pk=account_id)
    closed = ClosedPeriod.objects.select_for_update().get(period=period)
    account = TrueUpAccount.objects.select_for_update().get(pk=account_id)
    choice = _allowed(account, action, reason)
    cause = Cause(CauseCode.PERSON, text=reason)
    original = account.invoice
    if choice == AccountChoice.REISSUE and original is not None and original.state == State.VOID:
        draft_reissue(account, original, closed, actor=actor.name, cause=cause, now=now)
        return move_account(account, AccountState.STOPPED, actor=actor.name, cause=cause, now=now)
    if choice == AccountChoice.LET_GO:
        discard_reissue(account, actor=actor.name, cause=cause, now=now)
    # Where a debit line alone was voided its amount is a debit again, by the settlement.
    to = AccountState.LET_GO if choice == AccountChoice.LET_GO else AccountState.OPEN
    moved = move_account(account, to, actor=actor.name, cause=cause, now=now, stopped_for=None)
    settle_month(period)
    return moved


def _allowed(account: TrueUpAccount, action: str, reason: str) -> AccountChoice:
    open_choices = account_choices(account)
    if action not in frozenset(AccountChoice):
        raise ActionRefused(
            f"{action!r} is nothing that can be done to an account.",
            refusal=Refusal(RefusalCode.UNKNOWN_ACTION, account.state),
        )
    if action not in open_choices:
        needed = ", ".join(sorted(open_choices)) or "nothing"
        raise ActionRefused(
            f"The account is {account.state}; what can be done to it: {needed}.",
            refusal=Refusal(RefusalCode.STATE, account.state, sorted(open_choices)),
        )
    if not reason.strip():
        raise ActionRefused(
            f"{action} needs a reason.", refusal=Refusal(RefusalCode.REASON, account.state)
        )
    return AccountChoice(action)
