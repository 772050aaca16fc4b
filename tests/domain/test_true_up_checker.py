"""The checker prices as the rules say, and tells what was billed from what Stripe has."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from deploy.true_up_checker import billed_at_stripe, differences, price, statement_costs
from deploy.true_up_checker.currencies import from_minor, to_minor
from services.invoicing.domain.account_terms import AccountTerms, target_of
from services.invoicing.domain.contract_terms import ContractTerms
from services.invoicing.domain.true_up_terms import true_up_terms
from shared.periods import Month

COST_PLUS = {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"}
FEE = {"kind": "flat_fee", "name": "Platform fee", "amount": "499.00"}
STEPS = [{"to": "1000", "percent": "30"}, {"to": "1500", "percent": "20"}, {"percent": "10"}]


def terms(*components, **fields):
    return {
        "tenants": ["acme"],
        "starts_on": "2026-01-01",
        "ends_on": None,
        "currency": "USD",
        "components": [*(components or [COST_PLUS]), FEE],
        "tenant_names": {},
        "rate": "1",
        **fields,
    }


def costs(compute="1200.50", storage="310.0712345678"):
    return {"acme": {"Compute": Fraction(compute), "Storage": Fraction(storage)}}


def by_group(priced):
    return {key.charge_group or key.component: amount for key, amount in priced.lines.items()}


class TestGoldenCases:
    """By the lines and targets that true-up's table of cases has, worked out by hand."""

    @pytest.mark.parametrize(
        ("of", "cost", "target"),
        [
            (terms(), costs(), 181_269),
            (terms(), costs("1150.25"), 175_239),
            (terms(), costs("1199.54"), 181_154),
            (terms(), costs("-500"), -22_791),
            (terms(COST_PLUS, {"kind": "minimum", "amount": "2000"}), costs("1400"), 205_209),
            (terms(COST_PLUS, {"kind": "cap", "amount": "1800"}), costs("1100"), 169_209),
            (terms({"kind": "graduated", "name": "Steps", "steps": STEPS}), costs(), 191_163),
            (
                terms({"kind": "graduated", "name": "Steps", "steps": STEPS}),
                costs("1300"),
                202_108,
            ),
            (terms(COST_PLUS, {"kind": "discount", "percent": "10"}), costs(), 163_142),
            (terms(currency="JPY", rate="151.2345"), costs("1150.25"), 265_021),
            (terms(currency="KWD", rate="0.30712"), costs("1150.25"), 538_190),
            (terms(COST_PLUS, {"kind": "minimum", "amount": "2000"}), costs("-500"), 200_000),
        ],
    )
    def test_have_their_targets(self, of, cost, target):
        assert price(of, "2026-10", cost).target == target

    def test_9_a_cap_is_spread_over_the_lines(self):
        priced = price(terms(COST_PLUS, {"kind": "cap", "amount": "1800"}), "2026-10", costs())
        assert by_group(priced) == {"Compute": 143_051, "Storage": 36_949}

    def test_32_a_discount_rounds_each_line_once(self):
        pass_through = {**COST_PLUS, "percent": "0"}
        of = terms(pass_through, {"kind": "discount", "percent": "10"})
        assert by_group(price(of, "2026-10", costs("10.05", "10.05"))) == {
            "Compute": 905,
            "Storage": 905,
        }

    def test_21_a_grant_is_drawn_last(self):
        priced = price(terms(), "2026-10", costs(), {"credit": 50_000})
        assert by_group(priced) == {"Compute": 104_323, "Storage": 26_946}
        assert priced.drawn == {"credit": 50_000}
        spent = price(terms(), "2026-10", costs("50"), {"credit": 50_000})
        assert (spent.target, spent.drawn) == (0, {"credit": 43_209})

    def test_37_a_minimum_comes_before_a_grant(self):
        of = terms(COST_PLUS, {"kind": "minimum", "amount": "2000"})
        priced = price(of, "2026-10", costs(), {"credit": 50_000})
        assert by_group(priced) == {
            "Compute": 108_045,
            "Storage": 27_907,
            "Minimum commitment, rest": 14_048,
        }


class TestAPrice:
    def test_goes_by_the_percentage_of_a_charge_group(self):
        of = terms({**COST_PLUS, "groups": {"Compute": "25"}})
        assert by_group(price(of, "2026-10", costs("100", "100"))) == {
            "Compute": 12_500,
            "Storage": 12_000,
        }

    def test_is_raised_to_a_floor_in_proportion(self):
        of = terms({**COST_PLUS, "floor": "300"})
        assert by_group(price(of, "2026-10", costs("100", "100"))) == {
            "Compute": 15_000,
            "Storage": 15_000,
        }

    def test_counts_amounts_for_the_days_under_contract(self):
        of = terms({"kind": "minimum", "amount": "3100"}, starts_on="2026-10-22")
        assert price(of, "2026-10", {}).target == 100_000
        assert price(of, "2026-09", {}).target == 0

    def test_of_a_volume_is_by_the_step_of_the_whole(self):
        of = terms({"kind": "volume", "name": "Steps", "steps": STEPS})
        assert price(of, "2026-10", costs("1000", "0")).target == 130_000
        assert price(of, "2026-10", costs("1000", "0.01")).target == 120_001

    def test_has_discounts_of_its_first_day_alone(self):
        ended = {"kind": "discount", "percent": "50", "to": "2026-10-01"}
        begun = {"kind": "discount", "amount": "20", "from": "2026-10-01"}
        of = terms(COST_PLUS, ended, begun)
        assert price(of, "2026-10", costs("100", "0")).target == 10_000

    def test_of_a_component_that_is_unknown_is_none(self):
        with pytest.raises(ValueError, match="no component 'per_seat'"):
            price(terms({"kind": "per_seat", "name": "Seats"}), "2026-10", {})
        steps = {"kind": "volume", "name": "Steps", "on": "requests", "steps": STEPS}
        with pytest.raises(ValueError, match="no steps on 'requests'"):
            price(terms(steps), "2026-10", {})

    @pytest.mark.parametrize(
        ("amount", "currency", "minor"),
        [
            ("0.005", "USD", 1),
            ("-0.005", "USD", -1),
            ("0.5", "JPY", 1),
            ("0.015", "KWD", 20),
            ("0.5", "HUF", 100),
        ],
    )
    def test_is_rounded_half_away_from_zero_to_the_step(self, amount, currency, minor):
        assert to_minor(Fraction(amount), currency) == minor

    def test_is_written_with_the_decimals_of_its_currency(self):
        assert [str(from_minor(1230, one)) for one in ("USD", "JPY", "KWD")] == [
            "12.30",
            "1230",
            "1.230",
        ]


PERCENTS = st.integers(-20, 60).map(lambda n: str(Decimal(n) / 2))
AMOUNTS = st.integers(1, 300_000).map(str)
TO = st.lists(st.integers(1, 2_000), min_size=1, max_size=3, unique=True).map(sorted)


@st.composite
def stepped(draw):
    steps = [{"to": str(to), "percent": draw(PERCENTS)} for to in draw(TO)]
    kind = draw(st.sampled_from(["graduated", "volume"]))
    return {"kind": kind, "name": "Steps", "steps": [*steps, {"percent": draw(PERCENTS)}]}


@st.composite
def marked_up(draw):
    groups = draw(st.dictionaries(st.sampled_from(["Compute", "Storage"]), PERCENTS))
    floor = draw(st.none() | AMOUNTS)
    return {
        "kind": "cost_plus",
        "name": draw(st.sampled_from(["Cloud usage", "Other"])),
        "percent": draw(PERCENTS),
        **({"groups": groups} if groups else {}),
        **({"floor": floor} if floor else {}),
    }


DISCOUNTS = st.fixed_dictionaries(
    {"kind": st.just("discount"), "percent": st.sampled_from(["5", "12.5", "100"])}
) | st.fixed_dictionaries({"kind": st.just("discount"), "amount": AMOUNTS})


@st.composite
def any_terms(draw):
    components = draw(st.lists(marked_up() | stepped(), min_size=1, max_size=3))
    components += draw(st.lists(DISCOUNTS, max_size=2))
    for kind in draw(st.sets(st.sampled_from(["minimum", "cap"]))):
        components.append({"kind": kind, "amount": draw(AMOUNTS)})
    return terms(
        *components,
        tenants=draw(st.sampled_from([["acme"], ["acme", "labs"], ["labs", "acme"]])),
        currency=draw(st.sampled_from(["USD", "JPY", "KWD", "HUF"])),
        rate=draw(st.sampled_from(["1", "151.2345", "0.30712"])),
        starts_on=draw(st.sampled_from(["2026-01-01", "2026-10-20"])),
        ends_on=draw(st.sampled_from([None, "2026-10-25"])),
    )


COSTS = st.dictionaries(
    st.sampled_from(["acme", "labs", "other"]),
    st.dictionaries(
        st.sampled_from(["Compute", "Storage", "Network"]),
        st.integers(-3 * 10**12, 3 * 10**13).map(lambda n: Decimal(n).scaleb(-10)),
    ),
)


@given(any_terms(), COSTS)
def test_prices_whatever_the_product_prices_alike(of, cost):
    """Written twice from one text, line by line."""
    prices = TypeAdapter(ContractTerms).validate_python(of)
    frozen = AccountTerms("standard", 1, prices, true_up_terms({}, "USD"))
    product = target_of(frozen, Month.parse("2026-10"), cost)
    exact = {
        name: {of: Fraction(one) for of, one in groups.items()} for name, groups in cost.items()
    }
    checked = price(of, "2026-10", exact)
    assert {tuple(key): amount for key, amount in checked.lines.items()} == {
        (key.component, key.tenant, key.charge_group, key.start, key.end): amount
        for key, amount in product.lines.items()
    }
    assert checked.target == product.minor


def line(number, amount, account="acc_1"):
    metadata = {"trueback_account": account} if account else {}
    return {"id": f"il_{number}", "amount": amount, "metadata": metadata}


def invoice(*lines, status="open"):
    return {"status": status, "all_lines": list(lines)}


def note(number, amount, *, kind="true_up", status="issued"):
    return {
        "status": status,
        "metadata": {"trueback_kind": kind},
        "all_lines": [{"invoice_line_item": f"il_{number}", "amount": amount}],
    }


class TestWhatIsBilled:
    def test_is_what_lines_say_of_themselves_less_what_true_up_gave_back(self):
        invoices = [invoice(line(1, 144_060), line(2, 49_900, ""), line(3, 7_230, "acc_2"))]
        notes = [note(1, 6_030), note(1, 500, kind="commercial"), note(3, 30, status="void")]
        billed = billed_at_stripe(invoices, notes)
        assert billed.by_account == {"acc_1": 138_030, "acc_2": 7_230}
        assert billed.stray == 0

    def test_is_nothing_of_a_draft_or_what_was_voided(self):
        invoices = [invoice(line(1, 100), status="void"), invoice(line(2, 100), status="draft")]
        assert billed_at_stripe(invoices, [note(1, 50)]).by_account == {}

    def test_tells_a_note_on_a_fee(self):
        assert billed_at_stripe([invoice(line(1, 100, ""))], [note(1, 40)]).stray == 40


STATEMENTS = """tenant,charge_group,method,amount,currency
acme,Compute,tag,1100.25,USD
acme,Compute,even,50,USD
acme,Storage,tag,310.0712345678,USD
"""


class TestADifference:
    """Golden case 1 as it ends, and what goes wrong with it."""

    row = {
        "account": "acc_1",
        "period": "2026-10",
        "currency": "USD",
        "waived": "0.00",
        "ledger": "0",
        "statements_uri": "s3://lake/statements.csv",
        "terms": {"prices": terms()},
    }

    def of(self, *, invoices=None, notes=None, **row):
        lines = [line(1, 144_060), line(2, 37_209), line(3, 49_900, "")]
        at_stripe = {
            "invoices": {"invoices": invoices or [invoice(*lines)]},
            "credit_notes": {"credit_notes": [note(1, 6_030)] if notes is None else notes},
        }
        (difference,) = differences(
            [{**self.row, **row}], read=lambda _uri: STATEMENTS, control=at_stripe.__getitem__
        )
        return difference

    def test_is_nothing_where_all_is_right(self):
        assert str(self.of()) == "0"

    def test_is_nothing_of_what_is_carried_or_waived(self):
        assert self.of(notes=[], ledger="-60.30") == 0
        assert self.of(notes=[], waived="-60.30") == 0

    def test_is_seen_of_a_lost_cent(self):
        short = invoice(line(1, 144_059), line(2, 37_209))
        assert self.of(invoices=[short]) == Decimal("0.01")

    def test_is_seen_of_a_note_that_was_forgotten(self):
        assert self.of(notes=[]) == Decimal("-60.30")

    def test_is_seen_of_a_line_that_is_there_twice(self):
        twice = invoice(line(1, 144_060), line(2, 37_209), line(4, 37_209))
        assert self.of(invoices=[twice]) == Decimal("-372.09")

    def test_is_seen_of_another_plan(self):
        dearer = terms({**COST_PLUS, "percent": "30"})
        assert self.of(terms={"prices": dearer}) == Decimal("146.03")

    def test_is_seen_of_a_line_of_another_account(self):
        astray = invoice(line(1, 144_060), line(2, 37_209, "acc_2"))
        assert self.of(invoices=[astray]) == Decimal("372.09")

    def test_is_seen_of_what_the_ledger_has_lost(self):
        assert self.of(notes=[], ledger="-60.29") == Decimal("-0.01")


def test_a_statement_sums_what_a_charge_group_has_by_several_methods():
    assert statement_costs(STATEMENTS) == {
        "acme": {"Compute": Fraction("1150.25"), "Storage": Fraction("310.0712345678")}
    }
