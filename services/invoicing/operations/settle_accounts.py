"""A job: what each account of a month is corrected by, on the month's newest close.

The rules and their reasons: docs/reference/true-up.md, "The settlement".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from django.conf import settings

from services.invoicing.domain.account_terms import Costs, Target, target_of
from services.invoicing.domain.grants import Reach, available, reach_of
from services.invoicing.domain.price_steps import LineKey
from services.invoicing.domain.settlement import Account, Settlement, settle
from services.invoicing.domain.true_up_terms import policy_of
from services.invoicing.models import ClosedPeriod, TrueUpAccount
from services.invoicing.operations.book_entries import book_settled
from services.invoicing.operations.correct_account import (
    Correction,
    discard_corrections,
    make_credit_notes,
    make_debit,
)
from services.invoicing.operations.draw_grants import draw_grants, lock_grants
from services.invoicing.operations.judge_corrections import judge_corrections
from services.invoicing.operations.record_revision import measure_restatement
from services.invoicing.operations.reissue_invoice import redraft_reissue
from services.invoicing.queries.account_documents import (
    is_issuing,
    open_debit,
    read_account,
    unissued_notes,
)
from services.invoicing.queries.account_terms import (
    read_lines,
    read_terms,
    write_costs,
    write_lines,
)
from services.invoicing.queries.grants import read_balances
from services.invoicing.queries.statement_costs import statement_costs
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.account_states import AccountState
from shared.vocabulary.invoice_states import State


def settle_accounts(*, period: str) -> None:
    """Settled twice is once. Each account has a transaction of its own.

    What was made is judged together: a bill that came by half must not credit everybody.
    """
    now = datetime.now(UTC)
    with as_ops():
        closed = ClosedPeriod.objects.get(period=period)
        accounts = TrueUpAccount.objects.filter(period=period).order_by("account_id")
        account_ids = list(accounts.values_list("account_id", flat=True))
    if not account_ids:
        return
    costs = statement_costs(
        Lake(settings.ENVIRONMENT), closed.statements_uri, currency=closed.currency
    )
    for account_id in account_ids:
        with as_ops():
            locked = ClosedPeriod.objects.select_for_update().get(period=period)
            if locked.version != closed.version:
                return  # closed anew meanwhile: that close has a job of its own
            account = TrueUpAccount.objects.select_for_update().get(pk=account_id)
            settle_account(account, locked, costs, now)
    with as_ops():
        locked = ClosedPeriod.objects.select_for_update().get(period=period)
        if locked.version == closed.version:
            judge_corrections(locked, now)


def settle_account(
    account: TrueUpAccount, closed: ClosedPeriod, costs: Costs, now: datetime
) -> None:
    """Under the locks of the period and the account.

    While Stripe is asked for a correction of it nothing is made: its end asks again.
    """
    if is_issuing(account):
        return
    terms = read_terms(account.terms)
    month = Month.parse(account.period)
    own = {tenant: costs[tenant] for tenant in terms.prices.tenants if tenant in costs}
    pending = open_debit(account)
    day = closed.day
    policy = policy_of(terms.true_up, month, account.currency)
    reach = reach_of(AccountState(account.state), policy, day)
    lock_grants(terms.grants)
    balances = read_balances(terms.grants, account.contract_id, account.period)
    target = target_of(terms, month, own, available(balances, reach))
    if reach != Reach.FIXED:
        draws = target.drawn_minor
        draw_grants(account.contract, account.period, draws, of=terms.grants, day=day)
    may_keep = pending is not None and pending.day <= policy.charge_until
    given = read_account(account, target, pending.amount_minor if pending and may_keep else 0)
    settlement = settle(given, policy, day)
    _keep(account, closed, own, target, settlement)
    if account.invoice is not None and account.invoice.state != State.VOID:
        measure_restatement(account.invoice)
    redraft_reissue(account, closed, now)
    if _is_made(account, closed, settlement):
        return
    discard_corrections(account, closed, now)
    correction = Correction(
        account=account,
        closed=closed,
        detail=_detail(given, target),
        day=pending.day if pending is not None and may_keep else day,
        now=now,
    )
    make_credit_notes(correction, settlement.credits)
    if settlement.debit:
        make_debit(correction, settlement.debit, up=terms.true_up.up)


def _keep(
    account: TrueUpAccount,
    closed: ClosedPeriod,
    costs: Costs,
    target: Target,
    settlement: Settlement,
) -> None:
    agreed = target.minor - settlement.waived_minor
    exact = target.exact if not settlement.waived_minor else _as_money(agreed, account.currency)
    account.version += 1
    if (agreed, exact) != (account.agreed_minor, account.agreed_exact):
        book_settled(account, agreed, exact)
    account.agreed_minor, account.agreed_exact = agreed, exact
    account.costs = write_costs(costs)
    account.target_lines = write_lines(target.lines)
    account.target_exact = target.exact
    account.below_zero_minor = target.below_zero_minor
    account.target_run = closed.run_id
    account.close_number = closed.number
    account.waived_minor = settlement.waived_minor
    account.waived_why = settlement.waived_why or ""
    account.save()


def _as_money(minor: int, currency: str) -> Decimal:
    return Money.from_minor(minor, currency).amount


def _is_made(account: TrueUpAccount, closed: ClosedPeriod, settlement: Settlement) -> bool:
    """The same close has made the same corrections already; the job was run again."""
    notes = unissued_notes(account)
    debit = open_debit(account)
    closes = {note.close_number for note in notes}
    if debit is not None:
        closes.add(debit.close_number)
    if closes - {closed.number}:
        return False
    credits_made = {
        note.invoice_id: dict(
            note.lines.values_list("invoice_line__position", "amount_minor").order_by("position")
        )
        for note in notes
    }
    debit_made = read_lines(debit.lines) if debit is not None else {}
    return credits_made == settlement.credits and debit_made == settlement.debit


def _detail(given: Account, target: Target) -> Mapping[LineKey, tuple[int, int]]:
    """What was charged and what is right, of each line where the two differ."""
    charged = given.billed_by_key()
    return {
        key: (charged[key], target.lines.get(key, 0))
        for key in sorted(charged.keys() | target.lines.keys())
        if charged[key] != target.lines.get(key, 0)
    }
