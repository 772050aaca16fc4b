"""Grants are drawn by months, and get back what a month draws no longer."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from services.invoicing.models import Contract, Grant, GrantDraw, Invoice
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.draw_grants import draw_grants
from services.invoicing.operations.settle_accounts import settle_accounts
from services.invoicing.queries.account_terms import read_terms
from services.invoicing.queries.corrections import read_corrections
from shared.auth.actors import Actor
from shared.isolation.scope import as_ops
from tests.invoicing.test_drafting import NOW, drafts
from tests.invoicing.test_settling import account, costs, figures, file, issued, month, notes

__all__ = ["month"]
START = "{key: start, amount: 500.00, expires: 2026-10-31, kind: promotional}"
AT_ONCE = "{up: supplementary}"


def granted(*grants, up=AT_ONCE, text=None):
    """Acme's contract with these grants."""
    whole = text or file(true_up=up)
    return whole.replace("true_up: ", f"grants: [{', '.join(grants or [START])}], true_up: ")


def begin(month, *grants, of=None, **terms):
    """October drafted, and issued."""
    with as_ops():
        apply_plans(content=granted(*grants, **terms))
    month.close(of or costs(), at=datetime(2026, 11, 3, tzinfo=UTC))
    for draft in drafts().values():
        issued(draft)


def drawn(period="2026-10"):
    with as_ops():
        draws = GrantDraw.objects.filter(period=period).order_by("grant__key")
        return dict(draws.values_list("grant__key", "amount_minor"))


def extended():
    with as_ops():
        return dict(GrantDraw.objects.values_list("period", "extends_to"))


def total(period="2026-10"):
    with as_ops():
        invoice = Invoice.objects.exclude(state="void").get(customer="acme", period=period)
        return invoice.total_minor


class TestADraft:
    def test_draws_what_the_month_asks_for(self, month):
        with as_ops():
            apply_plans(content=granted())
        month.close(costs(), at=NOW)
        assert (total(), drawn()) == (131_269 + 49_900, {"start": 50_000})
        with as_ops():
            line = Invoice.objects.get(customer="acme").lines.get(charge_group="Compute")
        assert (line.amount_minor, line.priced_by["by"][-1]["code"]) == (104_323, "grant")

    def test_leaves_the_rest_to_the_next_month(self, month):
        later = START.replace("2026-10-31", "2026-11-01")
        begin(month, later, of=costs(compute="100", storage="0"))
        assert drawn() == {"start": 12_000}
        month.close(costs(), at=datetime(2026, 12, 3, tzinfo=UTC), period="2026-11")
        assert drawn("2026-11") == {"start": 38_000}

    def test_draws_nothing_of_what_expired_before_the_month(self, month):
        begin(month, of=costs(compute="100", storage="0"))
        month.close(costs(), at=datetime(2026, 12, 3, tzinfo=UTC), period="2026-11")
        assert (drawn("2026-11"), total("2026-11")) == ({}, 181_269 + 49_900)

    def test_draws_grants_in_the_order_of_the_contract(self, month):
        second = "{key: a-second, amount: 1000.00, kind: bought}"
        begin(month, START, second)
        assert drawn() == {"start": 50_000, "a-second": 100_000}

    def test_that_is_discarded_gives_it_back(self, month):
        with as_ops():
            apply_plans(content=granted())
        month.close(costs(), at=NOW)
        draft = drafts()["acme"]
        with as_ops():
            act_on_invoice(
                invoice_id=draft.pk,
                action="discard",
                actor=Actor("bruno", "billing_approver"),
                version=draft.version,
                reason="wrong",
                now=NOW,
            )
        assert drawn() == {"start": 0}
        draft_invoices(period="2026-10")
        assert drawn() == {"start": 50_000}

    def test_is_drawn_once_by_a_draft_on_another_close(self, month):
        with as_ops():
            apply_plans(content=granted())
        month.close(costs(), at=datetime(2026, 11, 3, tzinfo=UTC))
        month.close(costs(compute="100", storage="0"), at=datetime.now(UTC))
        assert (total(), drawn()) == (49_900, {"start": 12_000})

    def test_of_a_month_that_grants_pay_whole_is_none(self, month):
        fee = "      - {kind: flat_fee, name: Platform fee, amount: 499.00}\n"
        whole = granted().replace(fee, "")
        with as_ops():
            apply_plans(content=whole)
        month.close(costs(compute="100", storage="0"), at=NOW)
        opened = account()
        assert (opened.invoice, opened.base_minor, opened.target_lines) == (None, 0, [])
        assert drawn() == {"start": 12_000}
        month.close(costs(compute="1000", storage="0"))
        assert (drawn(), figures()[0]) == ({"start": 50_000}, 70_000)


class TestASettlement:
    def test_gives_back_what_the_month_draws_no_longer(self, month):
        begin(month)
        with as_ops():
            assert len(read_terms(account().terms).grants) == 1
        month.close(costs(compute="50"))
        assert (drawn(), figures()[0]) == ({"start": 43_209}, 0)

    def test_draws_again_what_it_gave_back(self, month):
        begin(month)
        month.close(costs(compute="50"))
        month.close(costs())
        assert (drawn(), figures()[0]) == ({"start": 50_000}, 131_269)
        assert notes() == []

    def test_run_again_draws_the_same(self, month):
        begin(month)
        month.close(costs(compute="50"))
        before = (drawn(), extended(), notes(), figures())
        settle_accounts(period="2026-10")
        assert (drawn(), extended(), notes(), figures()) == before

    def test_draws_what_another_month_has_left_alone(self, month):
        later = START.replace("2026-10-31", "2026-12-31")
        begin(month, later)
        month.close(costs(compute="50"))
        month.close(costs(), at=datetime(2026, 12, 3, tzinfo=UTC), period="2026-11")
        assert drawn("2026-11") == {"start": 6_791}
        month.close(costs())
        assert (drawn(), figures()[0]) == ({"start": 43_209}, 181_269 - 43_209)

    def test_lets_what_comes_back_to_an_expired_grant_last_to_the_end_of_the_next_month(
        self, month
    ):
        begin(month)
        month.close(costs(compute="50"))
        assert extended() == {"2026-10": date(2026, 12, 31)}
        month.close(costs(), at=datetime(2026, 12, 3, tzinfo=UTC), period="2026-11")
        assert drawn("2026-11") == {"start": 6_791}

    def test_draws_by_the_grants_of_the_original_month(self, month):
        begin(month)
        with as_ops():
            more = "{key: new, amount: 900.00, kind: bought}"
            apply_plans(content=granted(more, START))
        month.close(costs(compute="1260.75"))
        assert drawn() == {"start": 50_000}

    def test_draws_no_more_where_nothing_more_is_charged(self, month):
        begin(month, of=costs(compute="100", storage="0"), up="{up: never}")
        month.close(costs())
        assert (drawn(), figures()) == ({"start": 12_000}, (169_269, 0, 0, 169_269))

    def test_draws_no_more_after_the_last_day_to_charge(self, month):
        begin(month, of=costs(compute="100", storage="0"))
        month.close(costs(), at=datetime(2027, 2, 1, tzinfo=UTC))
        assert drawn() == {"start": 12_000}
        month.close(costs(compute="50", storage="0"), at=datetime(2027, 2, 2, tzinfo=UTC))
        assert drawn() == {"start": 6_000}

    def test_draws_nothing_anew_after_the_last_day_to_credit(self, month):
        begin(month)
        month.close(costs(compute="50"), at=datetime(2028, 11, 1, tzinfo=UTC))
        assert (drawn(), figures()) == ({"start": 50_000}, (0, 131_269, 0, -131_269))

    def test_is_shown_with_what_the_grant_has_left(self, month):
        begin(month)
        month.close(costs(compute="50"))
        with as_ops():
            row = next(one for one in read_corrections("2026-10") if one["customer"] == "acme")
        (shown,) = row["grants"]
        del shown["grant"]
        assert shown == {
            "key": "start",
            "kind": "promotional",
            "drawn": "432.09",
            "left": "67.91",
            "expires": date(2026, 12, 31),
        }


class TestTheFile:
    def test_names_a_grant_that_two_contracts_share(self, month):
        both = granted().replace(
            "tenants: [acme, labs], from: 2026-01-01",
            "key: a, tenants: [acme], from: 2026-01-01",
        )
        both = both.replace(
            f", true_up: {AT_ONCE}}}]}}",
            f", true_up: {AT_ONCE}}},"
            f" {{key: b, plan: standard, tenants: [labs], from: 2026-01-01, grants: [{START}]}}]}}",
        )
        with as_ops():
            apply_plans(content=both)
        month.close(costs(compute="100", storage="0", labs="250"), at=NOW)
        with as_ops():
            grant = Grant.objects.get()
            amounts = GrantDraw.objects.filter(grant=grant).values_list("amount_minor", flat=True)
            assert sorted(amounts) == [12_000, 30_000]

    def test_keeps_what_was_drawn_of_a_grant_that_it_lowers(self, month):
        begin(month)
        with as_ops():
            apply_plans(content=granted(START.replace("500", "300")))
            assert Grant.objects.get().amount_minor == 50_000
        month.close(costs(compute="50"))
        with as_ops():
            apply_plans(content=granted(START.replace("500", "300")))
            assert Grant.objects.get().amount_minor == 43_209

    def test_raises_one_for_all_months(self, month):
        begin(month)
        with as_ops():
            apply_plans(content=granted(START.replace("500", "600")))
        month.close(costs())
        assert (drawn(), figures()[0]) == ({"start": 60_000}, 121_269)


class TestTheDatabase:
    def test_refuses_more_than_a_grant_has(self, month):
        begin(month)
        with as_ops():
            contract = Contract.objects.get(customer="acme")
            (grant,) = Grant.objects.all()
            november = {"of": [grant.pk], "day": date(2026, 12, 1)}
            draw_grants(contract, "2026-11", {grant.pk: 1}, **november)
            with pytest.raises(IntegrityError, match="more than grant"), transaction.atomic():
                connection.check_constraints()
            transaction.set_rollback(True)
        with as_ops():
            Grant.objects.update(amount_minor=49_999)
            with pytest.raises(IntegrityError, match="more than grant"), transaction.atomic():
                connection.check_constraints()
            transaction.set_rollback(True)
