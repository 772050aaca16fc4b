"""What a month is corrected by: the golden cases of the rules, and what holds of any history."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.invoicing.domain.price_steps import (
    ExactLine,
    Grant,
    LineKey,
    Step,
    Terms,
    graduated,
    marked_up,
    price_of,
)
from services.invoicing.domain.settlement import (
    Account,
    AccountState,
    BilledLine,
    Document,
    Policy,
    settle,
)

START, END = date(2026, 10, 1), date(2026, 11, 1)
SOON, IN_MONTH_5, IN_MONTH_13 = date(2026, 11, 12), date(2027, 3, 12), date(2027, 11, 12)
STORAGE = "310.0712345678"
US_DOLLARS = Terms("USD")
BY_DEFAULT = Policy(1, 100, date(2027, 1, 31), date(2028, 10, 31))
FIRST = {"Compute": "1200.50", "Storage": STORAGE}


def key(group, tenant="acme"):
    return LineKey("Cloud usage", tenant, group, START, END)


REST = LineKey("minimum", "acme", "", START, END)


@dataclass
class Month:
    """An account from its first invoice on; `restate` settles it on other costs.

    Numbers are in the currency's main unit, as the rules write them.
    """

    terms: Terms = US_DOLLARS
    policy: Policy = BY_DEFAULT
    steps: Sequence[Step] = ()
    costs: dict[str, str] = field(default_factory=lambda: dict(FIRST))
    percent: Decimal = Decimal(20)
    documents: list[Document] = field(default_factory=list)
    state: AccountState = AccountState.OPEN
    base: int | None = None

    def __post_init__(self):
        price = self.price()
        if self.base is None:
            self.base = sum(price.lines.values())
            self.issue(price.lines)

    @property
    def unit(self):
        return {"JPY": 1, "KWD": 1000}.get(self.terms.currency, 100)

    def price(self):
        costs = {group: Decimal(cost) for group, cost in self.costs.items()}
        if self.steps:
            lines = [ExactLine(key(""), graduated(sum(costs.values()), self.steps))]
        else:
            lines = [
                ExactLine(self.key(group), marked_up(cost, self.percent))
                for group, cost in costs.items()
            ]
        return price_of(lines, self.terms, REST)

    def key(self, group):
        tenant, _, name = group.rpartition("/")
        return key(name, tenant or "acme")

    def issue(self, lines):
        positions = [
            BilledLine(number, one, minor) for number, (one, minor) in enumerate(lines.items(), 1)
        ]
        if positions:
            name = f"D{len(self.documents)}" if self.documents else "I"
            self.documents.append(Document(name, positions, sum(lines.values())))

    def credit(self, group, amount):
        """By a person: goodwill on the first invoice."""
        minor = round(Decimal(amount) * self.unit)
        [first, *others] = self.documents
        lines = [
            replace(line, other_minor=line.other_minor + minor) if line.key == key(group) else line
            for line in first.lines
        ]
        rest = first.rest_minor - minor
        self.documents = [replace(first, lines=lines, rest_minor=rest), *others]

    def account(self):
        price = self.price()
        return Account(
            price.lines, price.below_zero_minor, self.base or 0, self.documents, self.state
        )

    def restate(self, day=SOON, **costs):
        """The documents, and `target / billed / carried / waived` after their issue."""
        self.costs |= costs
        settled = settle(self.account(), self.policy, day)
        made = [*self._credited(settled), *self._charged(settled)]
        account = self.account()
        assert account.target_minor == (
            account.billed_minor + settled.carried_minor + settled.waived_minor
        )
        again = settle(account, self.policy, day)
        assert not again.credits
        assert not again.debit
        figures = [
            account.target_minor,
            account.billed_minor,
            settled.carried_minor,
            settled.waived_minor,
        ]
        return made, [str(Decimal(one) / self.unit) for one in figures]

    def _credited(self, settled):
        for number, document in enumerate(self.documents):
            given = settled.credits.get(document.document_id, {})
            lines = []
            for line in document.lines:
                minor = given.get(line.position, 0)
                lines.append(replace(line, corrected_minor=line.corrected_minor + minor))
                if minor:
                    yield f"CN on {document.document_id}", self.name(line.key), self.text(minor)
            rest = document.rest_minor - sum(given.values())
            self.documents[number] = replace(document, lines=lines, rest_minor=rest)

    def _charged(self, settled):
        self.issue(settled.debit)
        for one, minor in settled.debit.items():
            yield "debit", self.name(one), self.text(minor)

    def name(self, one):
        return one.charge_group or ("rest" if one == REST else "all")

    def text(self, minor):
        return str(Decimal(minor) / self.unit)


def documents(month, **restated):
    return month.restate(**restated)[0]


class TestTheCases:
    """By their numbers in the rules."""

    def test_1_a_fall_is_credited_on_its_line(self):
        assert Month().restate(Compute="1150.25") == (
            [("CN on I", "Compute", "60.3")],
            ["1752.39", "1752.39", "0", "0"],
        )

    def test_4_a_rise_is_a_debit(self):
        assert Month().restate(Compute="1260.75") == (
            [("debit", "Compute", "72.3")],
            ["1884.99", "1884.99", "0", "0"],
        )

    def test_5_a_debit_is_credited_before_the_invoice(self):
        month = Month()
        month.restate(Compute="1260.75")
        credited = documents(month, Compute="1190")
        assert credited == [("CN on I", "Compute", "12.6"), ("CN on D1", "Compute", "72.3")]
        assert documents(month, Compute="1205.50") == [("debit", "Compute", "18.6")]

    def test_6_a_fall_pays_for_a_rise(self):
        month = Month()
        assert month.restate(Compute="1150.25", Storage="340") == (
            [("CN on I", "Compute", "24.39")],
            ["1788.3", "1788.3", "0", "0"],
        )
        # Case 34: what has fallen yet is credited, never more.
        assert documents(month, Storage=STORAGE) == [("CN on I", "Compute", "35.91")]

    def test_7_what_nets_to_zero_makes_no_document(self):
        month = Month()
        assert documents(month, Compute="1190.50", Storage="320.0712345678") == []
        # Case 35.
        assert documents(month, Storage=STORAGE) == [("CN on I", "Compute", "12")]

    def test_8_under_a_minimum_nothing_is_charged_until_it_is_passed(self):
        month = Month(Terms("USD", minimum_minor=200_000))
        assert documents(month, Compute="1260.75") == []
        assert documents(month, Compute="1400") == [("debit", "Compute", "52.09")]
        assert documents(month, Compute="1100") == [("CN on D1", "Compute", "52.09")]

    def test_9_above_a_cap_nothing_is_charged(self):
        month = Month(Terms("USD", cap_minor=180_000))
        assert documents(month, Compute="1260.75") == []
        assert documents(month, Compute="1100") == [("CN on I", "Compute", "107.91")]

    def test_10_tiers_are_of_the_whole(self):
        steps = [
            Step(Decimal(1000), Decimal(30)),
            Step(Decimal(1500), Decimal(20)),
            Step(None, Decimal(10)),
        ]
        month = Month(steps=steps)
        assert documents(month, Compute="1150.25") == [("CN on I", "all", "59.24")]
        assert documents(month, Compute="1300") == [("debit", "all", "168.69")]

    def test_12_what_is_small_is_carried_and_not_lost(self):
        month = Month()
        assert month.restate(Compute="1200.125") == ([], ["1812.24", "1812.69", "-0.45", "0"])
        assert month.restate(Compute="1199.79")[1][2] == "-0.85"
        assert documents(month, Compute="1199.54") == [("CN on I", "Compute", "1.15")]

    def test_13_goodwill_is_not_clawed_back(self):
        month = Month()
        month.credit("Compute", "300")
        assert documents(month, Compute="1150.25") == [("CN on I", "Compute", "60.3")]
        assert documents(month, Compute="1200.50") == [("debit", "Compute", "60.3")]

    def test_14_what_goodwill_has_left_no_room_for_is_waived(self):
        month = Month()
        month.credit("Compute", "1440.60")
        month.credit("Storage", "372.09")
        made, figures = month.restate(Compute="1150.25")
        assert (made, figures) == ([], ["1752.39", "1812.69", "0", "-60.3"])
        assert documents(month, Compute="1230.50") == [("debit", "Compute", "36")]

    def test_15_above_a_share_of_the_first_invoice_nothing_is_charged(self):
        month = Month()
        month.policy = replace(month.policy, charge_max_percent=Decimal(5))
        assert month.restate(Compute="1400") == (
            [("debit", "Compute", "90.63")],
            ["2052.09", "1903.32", "0", "148.77"],
        )
        assert documents(month, Compute="1230") == [("CN on D1", "Compute", "55.23")]

    def test_16_after_the_last_days_nothing_is_charged_and_then_nothing_credited(self):
        month = Month()
        month.policy = replace(month.policy, credit_until=date(2027, 10, 31))
        assert month.restate(IN_MONTH_5, Compute="1260.75")[1][3] == "72.3"
        assert month.restate(IN_MONTH_5, Compute="1150.25")[0] == [("CN on I", "Compute", "60.3")]
        assert month.restate(IN_MONTH_13, Compute="1140.25") == (
            [],
            ["1740.39", "1752.39", "0", "-12"],
        )

    def test_18_a_rise_of_one_tenant_is_on_its_line(self):
        month = Month(costs={"acme/Compute": "1200.50", "labs/Compute": STORAGE})
        restated = {"acme/Compute": "1150.25", "labs/Compute": "393.4045679"}
        made, [target, *_] = month.restate(**restated)
        assert (made, target) == ([("debit", "Compute", "39.7")], "1852.39")
        [line] = month.documents[-1].lines
        assert line.key.tenant == "labs"

    def test_21_a_grant_takes_the_rest(self):
        month = Month(Terms("USD", grants=[Grant("start", 50_000)]))
        assert documents(month, Compute="50") == [
            ("CN on I", "Compute", "1043.23"),
            ("CN on I", "Storage", "269.46"),
        ]

    def test_22_what_costs_nothing_any_more_is_credited_whole(self):
        made, figures = Month().restate(Compute="0", Storage="0")
        assert [amount for *_, amount in made] == ["1440.6", "372.09"]
        assert figures == ["0", "0", "0", "0"]

    def test_29_the_line_that_fell_is_credited_and_no_other_document(self):
        month = Month()
        assert documents(month, Storage="340") == [("debit", "Storage", "35.91")]
        assert documents(month, Compute="1150.25") == [("CN on I", "Compute", "60.3")]

    def test_30_what_was_carried_is_charged_with_the_rest(self):
        month = Month()
        assert month.restate(Compute="1200.90")[1][2] == "0.48"
        assert documents(month, Storage="310.5712345678") == [
            ("debit", "Compute", "0.48"),
            ("debit", "Storage", "0.6"),
        ]

    def test_31_a_share_is_rounded_down_to_stripes_step(self):
        month = Month(Terms("KWD", rate=Decimal("0.30712")))
        month.policy = replace(
            month.policy, step_minor=10, threshold_minor=1000, charge_max_percent=Decimal(5)
        )
        assert month.restate(Compute="1400") == (
            [("debit", "Compute", "27.83")],
            ["630.23", "584.54", "0", "45.69"],
        )

    def test_33_a_credit_larger_than_the_month_is_no_document_below_zero(self):
        month = Month()
        made, figures = month.restate(Compute="-500")
        assert [amount for *_, amount in made] == ["1440.6", "372.09"]
        assert figures == ["-227.91", "0", "0", "-227.91"]
        assert documents(month, Compute="-100") == [("debit", "Storage", "252.09")]
        assert documents(month, Compute="0") == [("debit", "Storage", "120")]

    def test_36_a_credit_of_ours_is_taken_back_after_the_last_day_and_no_more(self):
        month = Month()
        assert month.restate(IN_MONTH_5, Compute="1150.25")[0] == [("CN on I", "Compute", "60.3")]
        assert month.restate(IN_MONTH_5, Compute="1200.50")[0] == [("debit", "Compute", "60.3")]
        assert month.restate(IN_MONTH_5, Compute="1260.75") == (
            [],
            ["1884.99", "1812.69", "0", "72.3"],
        )

    def test_37_a_grant_is_drawn_from_what_is_above_the_minimum_too(self):
        terms = Terms("USD", minimum_minor=200_000, grants=[Grant("start", 50_000)])
        assert documents(Month(terms), Compute="1400") == [
            ("debit", "Compute", "51.45"),
            ("debit", "Storage", "0.64"),
        ]

    def test_41_of_a_month_without_an_invoice_there_is_only_a_debit(self):
        month = Month(costs={}, base=0)
        assert documents(month, Compute="100") == [("debit", "Compute", "120")]

    def test_42_who_is_never_charged_is_credited_all_the_same(self):
        month = Month()
        month.policy = replace(month.policy, may_charge=False)
        assert month.restate(Compute="1260.75") == ([], ["1884.99", "1812.69", "0", "72.3"])
        assert documents(month, Compute="1150.25") == [("CN on I", "Compute", "60.3")]


class TestAnAccount:
    def test_that_is_stopped_waits_for_a_person(self):
        month = Month(state=AccountState.STOPPED)
        assert month.restate(Compute="1150.25") == ([], ["1752.39", "1812.69", "-60.3", "0"])

    def test_that_is_let_go_is_credited_and_never_charged(self):
        month = Month(state=AccountState.LET_GO)
        assert month.restate(Compute="1260.75")[1][3] == "72.3"
        assert documents(month, Compute="1150.25") == [("CN on I", "Compute", "60.3")]

    def test_that_is_final_is_credited_to_the_cent(self):
        month = Month(state=AccountState.FINAL)
        assert documents(month, Compute="1200.49") == [("CN on I", "Compute", "0.01")]
        assert month.restate(Compute="1200.90")[1][2:] == ["0", "0.49"]

    def test_keeps_a_debit_that_waits_for_its_day(self):
        month = Month()
        account = replace(month.account(), target={key("Compute"): 200_000}, pending_minor=5_000)
        settled = settle(account, month.policy, IN_MONTH_5)
        assert sum(settled.debit.values()) == 5_000


class TestACreditNote:
    def settled(self, amount, *lines, rest=None):
        """Of one document, to `amount` less; lines are (group, amount, credited by a person)."""
        billed = [
            BilledLine(number, key(group), minor, other_minor=other)
            for number, (group, minor, other) in enumerate(lines, 1)
        ]
        total = sum(minor for _, minor, _ in lines)
        document = Document("I", billed, total if rest is None else rest)
        account = Account({key("z"): total - amount}, 0, total, [document])
        return settle(account, Month().policy, SOON)

    def test_goes_to_lines_in_proportion_to_their_fall(self):
        settled = self.settled(300, ("a", 200, 0), ("b", 400, 0))
        assert settled.credits == {"I": {1: 100, 2: 200}}

    def test_gives_what_one_line_has_no_room_for_to_the_others(self):
        settled = self.settled(300, ("a", 300, 250), ("b", 300, 0))
        assert settled.credits == {"I": {1: 50, 2: 250}}

    def test_goes_no_further_than_the_rest_of_its_document(self):
        settled = self.settled(300, ("a", 300, 0), ("b", 300, 0), rest=120)
        assert sum(settled.credits["I"].values()) == 120
        assert settled.waived_minor == -180

    def test_goes_to_any_line_where_what_fell_has_no_room(self):
        lines = [
            BilledLine(1, key("a"), 1000, other_minor=1000),
            BilledLine(2, key("b"), 500),
            BilledLine(3, key("c"), 500),
        ]
        target = {key("b"): 500, key("c"): 500, key("a"): 200}
        account = Account(target, 0, 2000, [Document("I", lines, 1000)])
        settled = settle(account, Month().policy, SOON)
        assert settled.credits == {"I": {2: 500, 3: 300}}

    def test_counts_a_key_once_that_is_on_two_lines(self):
        lines = [BilledLine(1, key("a"), 300), BilledLine(2, key("a"), 300)]
        account = Account({key("a"): 200}, 0, 600, [Document("I", lines, 600)])
        settled = settle(account, Month().policy, SOON)
        assert settled.credits == {"I": {1: 300, 2: 100}}


AMOUNTS = st.decimals("-50", "500", places=2).map(str)
RESTATED = st.dictionaries(st.sampled_from(["Compute", "Storage", "Network"]), AMOUNTS, max_size=3)


class TestAnyHistory:
    """Without bounds: whatever the way, what is billed is what the newest cost asks for."""

    @given(st.lists(RESTATED, min_size=1, max_size=8), st.sampled_from(["USD", "KWD", "JPY"]))
    def test_bills_what_the_newest_cost_asks_for(self, history, currency):
        step = 10 if currency == "KWD" else 1
        month = Month(Terms(currency, minimum_minor=20_000))
        month.policy = replace(month.policy, step_minor=step, threshold_minor=0)
        for costs in history:
            month.restate(**costs)
            account = month.account()
            assert account.billed_minor == max(0, account.target_minor)
            for document in account.documents:
                assert document.rest_minor >= 0
                assert all(line.room_minor >= 0 for line in document.lines)
                assert all(line.amount_minor % step == 0 for line in document.lines)

    @given(
        st.lists(RESTATED, min_size=1, max_size=6),
        st.integers(0, 30_000),
        st.sampled_from([None, Decimal(0), Decimal(5), Decimal("33.3")]),
    )
    def test_never_passes_its_bounds(self, history, goodwill, percent):
        month = Month()
        month.credit("Compute", Decimal(goodwill) / 100)
        month.policy = replace(month.policy, charge_max_percent=percent)
        for costs in history:
            before = month.account().billed_minor
            month.restate(IN_MONTH_5, **costs)
            assert month.account().billed_minor <= max(month.base, before)
