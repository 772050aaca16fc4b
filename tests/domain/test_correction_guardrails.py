"""Which corrections wait for a person."""

from decimal import Decimal

import pytest

from services.invoicing.domain.correction_guardrails import (
    Bill,
    Brake,
    Corrected,
    brakes,
    goes_by_itself,
    parks,
)
from shared.vocabulary.invoice_states import State

QUIET = Bill(total=Decimal(10_000), before=Decimal(10_000), highest=Decimal(10_000))


def codes(amount, base=1_000, *, gone=0, bill=QUIET, original=State.PAID, causes=("bill",)):
    one = Corrected(Decimal(amount), Decimal(base), Decimal(gone))
    return [cause.code for cause in parks(one, bill=bill, original=original, causes=causes)]


class TestOneCorrection:
    def test_does_not_wait_for_itself_up_to_a_quarter_of_the_first_invoice(self):
        assert codes(250) == codes(-250) == []

    @pytest.mark.parametrize("amount", ["250.01", "-250.01"])
    def test_waits_above_it(self, amount):
        assert codes(amount) == ["large_correction"]

    def test_waits_where_nothing_was_invoiced(self):
        assert codes(1, base=0) == ["large_correction"]

    def test_waits_on_an_uncollectible_invoice(self):
        assert codes(-1, original=State.UNCOLLECTIBLE) == ["original_uncollectible"]

    def test_waits_while_a_payment_of_it_is_disputed(self):
        one = Corrected(Decimal(-1), Decimal(1_000))
        (cause,) = parks(one, bill=QUIET, original=State.PAID, causes=[], is_disputed=True)
        assert cause.code == "original_disputed"

    def test_waits_for_who_assigns_a_credit_that_names_no_lines(self):
        one = Corrected(Decimal(-1), Decimal(1_000))
        (cause,) = parks(one, bill=QUIET, original=State.PAID, causes=[], unassigned="CN-1")
        assert (cause.code, cause.figures) == ("unassigned_credit", {"number": "CN-1"})

    @pytest.mark.parametrize(("fallen", "waits"), [(40, True), (50, False)])
    def test_waits_for_a_tenant_that_is_gone_unless_the_bill_fell_by_half_of_it(
        self, fallen, waits
    ):
        bill = Bill(Decimal(1_000 - fallen), Decimal(1_000), Decimal(1_000))
        assert codes(-100, gone=100, bill=bill) == (["tenant_gone"] if waits else [])

    def test_names_the_operators_own_doing(self):
        one = Corrected(Decimal(1), Decimal(1_000))
        (cause,) = parks(one, bill=QUIET, original=None, causes=["software", "bill", "rules"])
        assert (cause.code, cause.figures) == ("own_doing", {"causes": "rules, software"})

    def test_says_how_large_it_is(self):
        one = Corrected(Decimal("-312.50"), Decimal(1_000))
        (cause,) = parks(one, bill=QUIET, original=None, causes=[])
        assert cause.figures == {"percent": "31.2"}


class TestByItself:
    @pytest.mark.parametrize(
        ("amount", "so_far", "base", "goes"),
        [
            (10_000, 0, 200_000, True),
            (-10_000, 0, 200_000, True),
            (10_001, 0, 200_000, False),
            (6_000, 4_000, 200_000, True),
            (6_000, 4_001, 200_000, False),
            (5_000, 0, 50_000, True),
            (5_001, 0, 50_000, False),
            (1, 0, 0, False),
        ],
    )
    def test_goes_what_is_small_for_the_contract_and_for_the_month(
        self, amount, so_far, base, goes
    ):
        assert goes_by_itself(amount, so_far, 10_000, base) is goes


def braked(*amounts, total=10_000, before=10_000, highest=10_000, brake=None):
    corrected = [Corrected(Decimal(amount), Decimal(1_000)) for amount in amounts]
    bill = Bill(Decimal(total), Decimal(before), Decimal(highest))
    return brakes(corrected, Decimal(10_000), bill, brake or Brake())


class TestTheBrake:
    def test_is_off_where_nothing_is_corrected(self):
        assert not braked(total=1, before=1, highest=10_000)

    def test_counts_both_directions_against_what_was_invoiced(self):
        assert not braked(500, -500, total=10_000, before=10_000, brake=Brake(one_direction=50))
        assert braked(500, "-500.01", brake=Brake(one_direction=50))

    def test_holds_what_moves_one_way_more_than_the_bill_did(self):
        assert not braked(-200)
        assert braked("-200.01")
        assert not braked(-300, total=9_900)
        assert braked("-300.01", total=9_900)

    def test_holds_a_rise_where_the_bill_fell(self):
        assert braked(300, total=9_000)
        assert not braked(300, total=10_100)

    def test_holds_all_of_a_bill_that_fell_far_below_its_highest(self):
        assert braked(1, total=8_999, before=8_999)
        assert not braked(1, total=9_000, before=9_000)

    def test_is_measured_as_the_file_says(self):
        loose = Brake(*(Decimal(100) for _ in range(4)))
        assert not braked(-900, total=5_000, before=5_000, brake=loose)
