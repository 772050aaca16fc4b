"""Faults that must be noticed: each is planted into one function of the product, for a while."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final
from unittest import mock

from hypothesis import strategies as st

from services.invoicing.domain import cost_lines, price_steps, pricing, settlement, tax
from services.invoicing.operations import (
    book_entries,
    draft_invoices,
    issue_invoices,
    issue_notes,
    settle_accounts,
)
from services.invoicing.queries import account_documents, line_taxes
from services.invoicing.queries.account_terms import read_lines, terms_now
from shared.money import smallest_charge_step
from shared.periods import Month
from shared.vocabulary.corrections import NoteKind
from tests.true_up.deals import PLUS_20
from tests.true_up.scenario import Deal

_BY_GROUP: Final = {**PLUS_20, "groups": {"Compute": "25", "Storage": "10"}}
_OWN: Final = {"up": "supplementary", "auto_approve_below": "10000"}


@dataclass(frozen=True)
class Control:
    """`put` is the fault in place of `name` of `of`; `deal` is one that shows it.

    `also` is a second guard of `of`, which would hide it.
    """

    of: Any
    name: str
    put: Callable[[Any], Any]
    deal: Deal = field(default_factory=lambda: Deal([_BY_GROUP], true_up=_OWN))
    also: str = ""

    @contextmanager
    def planted(self) -> Iterator[None]:
        with ExitStack() as stack:
            for name in filter(None, (self.name, self.also)):
                there = self.put(getattr(self.of, name))
                stack.enter_context(mock.patch.object(self.of, name, there))
            yield

    def machine(self, of_any: type) -> type:
        return type("TrueUp", (of_any,), {"all_deals": st.just(self.deal)})


def _oldest_alone(credits_of: Any) -> Any:
    def oldest(account: Any, amount: int, step: int) -> Any:
        first = replace(account, documents=account.documents[:1])
        return credits_of(first, min(amount, first.room_minor), step)

    return oldest


def _without_true_up(given: Any) -> Any:
    def forgotten(invoice_ids: Any) -> Any:
        sums = given(invoice_ids)
        for of_line in sums.values():
            of_line.pop(NoteKind.TRUE_UP, None)
        return sums

    return forgotten


def _small_is_waived(settle: Any) -> Any:
    def lost(account: Any, policy: Any, day: date) -> Any:
        settled = settle(account, policy, day)
        return replace(
            settled,
            carried_minor=0,
            waived_minor=settled.waived_minor + settled.carried_minor,
        )

    return lost


def _goodwill_ignored(_room: Any) -> Any:
    return property(lambda line: line.amount_minor - line.corrected_minor)


def _by_the_contract(_read: Any) -> Any:
    """`read_terms` gets the terms alone: those of the account that has them."""

    def now(written: Mapping[str, Any]) -> Any:
        account = settle_accounts.TrueUpAccount.objects.filter(terms=written).first()
        return terms_now(account.contract, Month.parse(account.period))

    return now


def _by_tenant_alone(settle: Any) -> Any:
    def compared(account: Any, closed: Any, costs: Any, now: Any) -> Any:
        before = {
            name: sum(map(Decimal, groups.values())) for name, groups in account.costs.items()
        }
        after = {name: sum(costs[name].values()) for name in before if name in costs}
        return None if before == after else settle(account, closed, costs, now)

    return compared


def _against_the_last_target(read: Any) -> Any:
    """What a line was to be billed by the close before, in place of what was billed on it."""

    class ByTarget(settlement.Account):
        def billed_by_key(self) -> Counter[Any]:
            return Counter(before)

    before: dict[Any, int] = {}

    def account_of(account: Any, target: Any, pending: int = 0) -> Any:
        known = read(account, target, pending)
        before.clear()
        before.update(read_lines(account.target_lines))
        return ByTarget(**{name: getattr(known, name) for name in known.__dataclass_fields__})

    return account_of


def _rounded_before_the_rate(converted: Any) -> Any:
    def rounded(amount: Fraction, terms: Any) -> Fraction:
        return converted(Fraction(price_steps.in_steps(amount, "USD"), 100), terms)

    return rounded


def _one_rate(marked_up: Any) -> Any:
    def flat(name: str, component: Any, *rest: Any) -> Any:
        return marked_up(name, {**component, "groups": {}}, *rest)

    return flat


def _without_debits(book: Any) -> Any:
    def forgotten(invoice: Any, document: str, amounts: Any) -> None:
        if document.count(":") < 2:
            book(invoice, document, amounts)

    return forgotten


def _never_made(_make: Any) -> Any:
    return lambda *_of, **_more: None


def _by_the_original_balance(_available: Any) -> Any:
    """Whatever other months have drawn since."""

    def original(balances: Any, _reach: Any) -> Any:
        return [price_steps.Grant(one.grant, one.amount_minor) for one in balances]

    return original


def _by_line(_note_taxes: Any) -> Any:
    """Each line rounded by itself, whatever was given before."""

    def naive(lines: Any, _invoice: Any, _charged: Any, _given: Any, currency: str) -> Any:
        return {
            line.name: tax.tax_of(line.net_minor, line.terms, currency)
            for line in lines
            if line.terms is not None
        }

    return naive


def _without_tax(_note_taxes: Any) -> Any:
    return lambda lines, *_of: {line.name: 0 for line in lines if line.terms is not None}


def _never(_is: Any) -> Any:
    return lambda *_of, **_more: False


def _in_minor_units(spread: Any) -> Any:
    return lambda amount, weights, _step: spread(amount, weights, 1)


def _all_receivable(book: Any) -> Any:
    return lambda note, settled: book(note, {"remaining": sum(settled.values())})


def _no_floor(_floored: Any) -> Any:
    return lambda _component, lines, _days: lines


def _first_step_for_all(_steps: Any) -> Any:
    return lambda cost, steps: price_steps.marked_up(cost, steps[0].percent)


def _a_cent_less(target_of: Any) -> Any:
    def short(terms: Any, *rest: Any) -> Any:
        target = target_of(terms, *rest)
        lines = dict(target.lines)
        if lines:
            lines[min(lines)] -= smallest_charge_step(terms.prices.currency)
        return replace(target, lines={key: minor for key, minor in lines.items() if minor})

    return short


def _without_its_account(line: Any) -> Any:
    return lambda row, _account: line(row, "")


def _at_once_a_second_time(conclude: Any) -> Any:
    """As if the answer had been lost, and the note made anew with another key."""

    def twice(note_id: str, there: Any, now: Any) -> None:
        gateway = issue_notes.stripe_gateway()
        lines = gateway.credit_note_lines(there.stripe_id)
        again = [
            {"type": "invoice_line_item", "invoice_line_item": one.stripe_line_id, "amount": 10}
            for one in lines
        ]
        asked = {
            "invoice": there.stripe_invoice_id,
            "lines": again,
            "metadata": dict(there.metadata),
        }
        if there.remaining_minor > 0:
            gateway.create_credit_note(asked, key=f"again {note_id}")
        conclude(note_id, there, now)

    return twice


_STEPS: Final = [{"to": "1000", "percent": "30"}, {"percent": "10"}]
_YEN: Final = Deal([PLUS_20], currency="JPY", rate="151.2345", true_up={"up": "supplementary"})
_DINAR: Final = Deal(
    [PLUS_20],
    ("acme", "labs"),
    currency="KWD",
    rate="0.30712",
    true_up={"up": "supplementary", "charge_max_percent": "5"},
)

_GRANTED: Final = Deal(
    [PLUS_20],
    true_up=_OWN,
    grants=[{"key": "start", "amount": "2600", "expires": None, "kind": "promotional"}],
)

_TAXED: Final = Deal(
    [_BY_GROUP],
    true_up=_OWN,
    tax={"category": "standard", "percent": "19", "place": "DE"},
)

CONTROLS: Final[Mapping[str, Control]] = {
    "draw by the original balance": Control(
        settle_accounts, "available", _by_the_original_balance, _GRANTED
    ),
    "tax line by line": Control(line_taxes, "note_taxes", _by_line, _TAXED),
    "a note gives no tax back": Control(line_taxes, "note_taxes", _without_tax, _TAXED),
    "what is drawn no longer is lost": Control(
        settle_accounts, "draw_grants", _never_made, _GRANTED
    ),
    "the original document alone is credited": Control(settlement, "_credits", _oldest_alone),
    "earlier credits are forgotten": Control(account_documents, "_given", _without_true_up),
    "what is below the threshold is lost": Control(
        settle_accounts, "settle", _small_is_waived, Deal([PLUS_20], true_up={"threshold": "50"})
    ),
    "goodwill is ignored when room is counted": Control(
        settlement.BilledLine, "room_minor", _goodwill_ignored
    ),
    "priced by the contract as it is now": Control(settle_accounts, "read_terms", _by_the_contract),
    "tenants' totals alone are compared": Control(
        settle_accounts, "settle_account", _by_tenant_alone
    ),
    "weights against the target before": Control(
        settle_accounts, "read_account", _against_the_last_target
    ),
    "the rate after rounding": Control(price_steps, "_converted", _rounded_before_the_rate, _YEN),
    "one percentage for all charge groups": Control(cost_lines, "_marked_up", _one_rate),
    "a contract re-keyed is drafted again": Control(
        draft_invoices, "has_account", _never, also="is_billed_by_another"
    ),
    "a debit is not booked": Control(book_entries, "book_document", _without_debits),
    "a note is settled and never made": Control(settle_accounts, "make_credit_notes", _never_made),
    "the same close makes it again": Control(settle_accounts, "_is_made", _never),
    "amounts between two steps": Control(settlement, "_spread", _in_minor_units, _DINAR),
    "all of a note lowers what is owed": Control(issue_notes, "book_credited", _all_receivable),
    "a floor is forgotten": Control(
        cost_lines,
        "_floored",
        _no_floor,
        Deal([{**_BY_GROUP, "floor": "1900"}], true_up=_OWN),
    ),
    "the first step for all of the cost": Control(
        cost_lines,
        "_TIERS",
        lambda _tiers: dict.fromkeys(_tiers, _first_step_for_all(None)),
        Deal([{"kind": "graduated", "name": "Steps", "steps": _STEPS}], true_up=_OWN),
    ),
    "the least step is lost": Control(settle_accounts, "target_of", _a_cent_less),
    "charged a month too long": Control(
        settle_accounts,
        "policy_of",
        lambda policy_of: (
            lambda terms, month, currency: policy_of(
                replace(terms, charge_within_months=terms.charge_within_months + 12),
                month,
                currency,
            )
        ),
    ),
    "a line names no account": Control(issue_invoices, "_request_line", _without_its_account),
    "an amount is given twice": Control(issue_notes, "_conclude", _at_once_a_second_time),
    "no minimum": Control(
        pricing,
        "_part_of",
        lambda _part_of: lambda *_of: None,
        Deal([PLUS_20, {"kind": "minimum", "amount": "2000"}], true_up=_OWN),
    ),
}
