"""Invoices that stand in for one that was voided by hand, and what else may become of it."""

from services.invoicing.domain.account_choices import choices_of
from services.invoicing.models import Invoice, TrueUpAccount
from shared.vocabulary.account_states import AccountChoice, AccountState
from shared.vocabulary.invoice_states import UNISSUED_STATES


def pending_reissue(account: TrueUpAccount) -> Invoice | None:
    """The draft that its voided invoice is to be billed by; None without one."""
    drafts = Invoice.objects.filter(reissues=account.invoice_id, state__in=UNISSUED_STATES)
    return drafts.first() if account.invoice_id is not None else None


def account_choices(account: TrueUpAccount) -> frozenset[AccountChoice]:
    """What a person may decide of it."""
    if account.state != AccountState.STOPPED:
        return frozenset()
    return choices_of(
        AccountState(account.state),
        (account.stopped_for or {}).get("code", ""),
        has_draft=pending_reissue(account) is not None,
    )
