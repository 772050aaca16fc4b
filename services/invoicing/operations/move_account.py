"""The one way an account changes its state: with a sealed step in its log."""

from datetime import datetime
from typing import Any

from services.invoicing.models import TrueUpAccount
from services.invoicing.operations.log_step import log_step
from shared.contracts.invoicing import Cause
from shared.vocabulary.account_states import AccountState


def move_account(
    account: TrueUpAccount,
    to: AccountState,
    *,
    actor: str,
    cause: Cause,
    now: datetime,
    **fields: Any,
) -> TrueUpAccount:
    """Set `fields` with it; on an account that the caller has locked."""
    before = AccountState(account.state)
    TrueUpAccount.objects.filter(pk=account.pk).update(state=to, **fields)
    account.refresh_from_db()
    log_step(account.transitions, account, before, actor=actor, cause=cause, now=now)
    return account
