"""A month that is restated, paid, credited and closed again, in any order; checked at each step."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from deploy.true_up_checker import Costs, billed_at_stripe, price
from deploy.true_up_checker.currencies import step_of
from tests.true_up import deals
from tests.true_up.invariants import Invariants, costs_of
from tests.true_up.scenario import MONTH, Deal, Scenario, in_words
from tests.true_up.seen import Seen, look
from tests.true_up.settled import changed, look_ahead, wrongly_settled
from tests.true_up.standin import InProcess


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass
class Counts:
    """Of all sequences; `steps` are those of the one that runs."""

    of: Counter[str] = field(default_factory=Counter)
    steps: list[str] = field(default_factory=list)


COUNTS: Final = Counts()
_FOLLOWING_MONTHS_MAX: Final = 2


class TrueUp(RuleBasedStateMachine):
    """`standin` is set once a process; a control narrows `all_deals` to what shows its fault."""

    standin: InProcess
    all_deals: st.SearchStrategy[Deal] = deals.deals()

    def __init__(self) -> None:
        super().__init__()
        self.scenario: Scenario | None = None
        self.has_failed = False
        COUNTS.of["sequences"] += 1
        COUNTS.steps = []

    def _step(self, what: str, *counted: str) -> None:
        COUNTS.steps.append(what)
        COUNTS.of.update(["steps", *counted])

    @property
    def now(self) -> Scenario:
        assert self.scenario is not None
        return self.scenario

    @initialize(data=st.data(), first=deals.FIRST)
    def invoice(self, data: st.DataObject, first: Any) -> None:
        deal = data.draw(self.all_deals)
        self._step(f"October is invoiced by {deal}, on {_shown(first)}")
        with self._failing():
            self.scenario = Scenario(deal, first, self.standin)
        self.invariants_ = Invariants(self._costs_at)

    def _costs_at(self, period: str, number: int) -> Costs:
        return costs_of(self.now.closes[f"s3://lake/{period}/{number}"])

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """An error of the product ends a sequence as a broken invariant does."""
        try:
            yield
        except Exception as error:
            self.has_failed = True
            raise Violation(f"{type(error).__name__}: {error}") from error

    def _look(self) -> Seen:
        return look(self.standin.read)

    def _require(self, broken: Iterable[str]) -> None:
        sentences = list(broken)
        if sentences:
            self.has_failed = True
            raise Violation("\n".join(sentences))

    def _restate(self, costs: Any) -> None:
        """The newest close, and what it has made of the accounts that nothing holds up.

        The job may be run again at any moment: that makes nothing.
        """
        number = self.now.numbers[MONTH] + 1
        self.now.closes[f"s3://lake/{MONTH}/{number}"] = costs
        waiting = look_ahead(self._look(), MONTH, self._costs_at, number, self.now.day)
        with self._failing():
            self.now.close(MONTH, costs)
        seen = self._look()
        self._require(wrongly_settled(seen, waiting, self.now.day))
        with self._failing():
            self.now.settle(MONTH)
        self._require(changed(seen, self._look()))

    @rule(costs=deals.costs(), days=st.sampled_from([0, 1, 1, 5, 70, 400]))
    def restate(self, costs: Any, days: int) -> None:
        self.now.pass_days(days)
        self._step(f"on {self.now.day} October is closed again on {_shown(costs)}", "restatements")
        self._restate(costs)

    @rule(
        tenant=st.sampled_from(["acme", "beta"]),
        cents=st.sampled_from([-1, 1, -40, 45, -1200, 1000, -5025, 6025, 20000, -30000]),
        moved=st.booleans(),
    )
    def shift(self, tenant: str, cents: int, *, moved: bool) -> None:
        """A little more or less of one charge group, which may be of another one."""
        newest = self.now.closes[f"s3://lake/{MONTH}/{self.now.numbers[MONTH]}"]
        groups = dict(newest.get(tenant, {}))
        amount = Decimal(cents) / 100
        groups["Compute"] = groups.get("Compute", Decimal(0)) + amount
        if moved:
            groups["Storage"] = groups.get("Storage", Decimal(0)) - amount
        where = " from its Storage" if moved else ""
        self._step(f"October is closed again: {tenant}'s Compute {amount:+}{where}", "restatements")
        self._restate({**newest, tenant: groups})

    @rule()
    def settle_again(self) -> None:
        """Twice, since a person may have given something or voided an invoice meanwhile."""
        self._step("the same close is settled twice more")
        with self._failing():
            self.now.settle(MONTH)
            before = self._look()
            self.now.settle(MONTH)
        self._require(changed(before, self._look()))

    @rule()
    def approve(self) -> None:
        self._step("all that waits is approved")
        with self._failing():
            self.now.approve()

    @rule()
    def issue(self) -> None:
        self._step("what is approved goes to Stripe")
        with self._failing():
            self.now.issue()

    @rule(
        which=st.integers(0, 5),
        share=st.sampled_from([1.0, 1.0, 0.5, 0.99]),
        out_of_band=st.booleans(),
    )
    def pay(self, which: int, share: float, *, out_of_band: bool) -> None:
        invoices = self.now.open_invoices()
        if not invoices:
            return
        invoice = invoices[which % len(invoices)]
        with self._failing():
            amount = self.now.pay(invoice, share=share, out_of_band=out_of_band)
        how = " out of band" if out_of_band else ""
        paid = in_words(amount, invoice["currency"])
        self._step(f"{paid} of {invoice['number']} are paid{how}", "payments")

    @rule(
        which=st.integers(0, 9),
        share=st.sampled_from([0.1, 0.5, 1.0, 1.0]),
        at_stripe=st.booleans(),
    )
    def give(self, which: int, share: float, *, at_stripe: bool) -> None:
        """Goodwill on what a line has left."""
        seen = self._look()
        lines = [line for name in seen.accounts for line in seen.lines_of(name) if line.room > 0]
        if not lines:
            return
        line = lines[which % len(lines)]
        step = step_of(line.invoice["currency"])
        amount = max(int(line.room * share) // step * step, step)
        give = self.now.give_at_stripe if at_stripe else self.now.give
        with self._failing():
            is_given = give(dict(line.row), amount)
        given = in_words(amount, line.invoice["currency"])
        done = "given" if is_given else "refused"
        self._step(
            f"{given} on {line.key.component} {line.key.charge_group} of"
            f" {line.invoice['number']} are {done} by a person{' at Stripe' if at_stripe else ''}",
            *(["commercial_credits"] if is_given else []),
        )

    @rule(percent=st.sampled_from([0, 15, 30]), anew=st.booleans())
    def change_plan(self, percent: int, *, anew: bool) -> None:
        how = "is replaced by one" if anew else "is moved"
        self._step(f"acme's contract {how} at {percent} %", "plan_changes")
        with self._failing():
            self.now.change_plan(percent, anew=anew)

    @precondition(lambda self: len(self.now.numbers) <= _FOLLOWING_MONTHS_MAX)
    @rule(costs=deals.costs(), is_issued=st.booleans())
    def next_month(self, costs: Any, *, is_issued: bool) -> None:
        with self._failing():
            period = self.now.next_month(costs)
            if is_issued:
                self.now.issue_standard(period)
        done = "closed and invoiced" if is_issued else "closed and drafted"
        self._step(f"{period} is {done} on {_shown(costs)}")

    @precondition(lambda self: self.now.deal.may_void)
    @rule(which=st.integers(0, 5))
    def void(self, which: int) -> None:
        invoices = [one for one in self.now.open_invoices() if not one["amount_paid"]]
        if not invoices:
            return
        invoice = invoices[which % len(invoices)]
        self._step(f"{invoice['number']} is voided by hand at Stripe")
        with self._failing():
            self.now.void(invoice)

    @precondition(lambda self: self.now.deal.may_void)
    @rule(which=st.integers(0, 5))
    def void_note(self, which: int) -> None:
        open_now = {one["id"] for one in self.now.open_invoices()}
        there = self.standin.read("credit_notes")["credit_notes"]
        notes = [one for one in there if one["status"] == "issued" and one["invoice"] in open_now]
        if not notes:
            return
        note = notes[which % len(notes)]
        self._step(f"{note['number']} is voided by hand at Stripe")
        with self._failing():
            self.now.void_note(note)

    @invariant()
    def holds(self) -> None:
        if self.scenario is not None:
            self._require(self.invariants_.broken(self._look()))

    def teardown(self) -> None:
        if self.scenario is None or self.has_failed:
            return
        with self._failing():
            for _ in range(3):  # on its way, settled for the newest close, and that issued
                self.now.approve()
                self.now.issue()
        seen = self._look()
        self._require(self.invariants_.broken(seen))
        self._require(self._not_converged(seen))
        kinds = Counter(note["kind"] for note in seen.notes.values() if note["number"])
        COUNTS.of["credit_notes"] += kinds["true_up"]
        COUNTS.of["debits"] += sum(one["state"] == "issued" for one in seen.debits.values())

    def _not_converged(self, seen: Seen) -> Iterable[str]:
        """I4: whatever the way, the same costs end at the same sum, to the threshold."""
        billed = billed_at_stripe(seen.invoices_there, seen.notes_there).by_account
        given = {note["invoice_id"] for note in seen.notes.values() if note["kind"] == "commercial"}
        for name, account in seen.accounts.items():
            policy, period = account["terms"]["true_up"], account["period"]
            is_plain = (
                account["state"] == "open"
                and policy["up"] == "supplementary"
                and policy["charge_max_percent"] is None
                and self.now.day.year == 2026
                and not given & {line.invoice["invoice_id"] for line in seen.lines_of(name)}
                and account["close_number"] == self.now.numbers[period]
                and period == MONTH
            )
            if not is_plain:
                continue
            costs = self._costs_at(period, account["close_number"])
            drawn = seen.drawn_by(name)
            wanted = max(price(account["terms"]["prices"], period, costs, drawn).target, 0)
            off = billed.get(name, 0) - wanted
            if abs(off) >= max(policy["threshold_minor"], 1):
                yield (
                    f"I4: {account['customer_id']}'s {period} is billed"
                    f" {billed.get(name, 0)}, and {wanted} by its newest close"
                )


def _shown(costs: Any) -> str:
    return ", ".join(
        f"{tenant} {group} {amount}"
        for tenant, groups in sorted(costs.items())
        for group, amount in sorted(groups.items())
    )
