"""A later bill has lines of an earlier month: their runs become current together."""

import json
from decimal import Decimal

import pytest

from services.attribution.models import Job, Period, PeriodClose, Run, Statement
from services.attribution.operations import attribute_period as attribution
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import close_period
from services.attribution.operations.explain_amount import explain_amount
from services.attribution.operations.replay_run import replay_run
from services.attribution.operations.try_ruleset import try_ruleset
from services.attribution.queries.run_inputs import inputs_of_run
from shared.auth.actors import Actor
from shared.configuration import parse_configuration, ruleset_digest
from shared.contracts.attribution import PERIOD_ATTRIBUTED, PERIOD_CLOSED
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.vocabulary.period_states import PeriodState
from tests.attribution.test_period import (
    ACME,
    GLOBEX,
    LINES,
    NOW,
    RULESET,
    announce_bill,
    attributed,
    facts,
    period,
    put_run,
    scratch,
    storage,
)
from tests.bills import focus_line
from tests.recorded import record_once
from tests.tokens import client_of

__all__ = ["attributed", "period", "scratch", "storage"]
LATE = {
    "ChargePeriodStart": "2026-10-20T07:00:00Z",
    "ChargePeriodEnd": "2026-10-20T08:00:00Z",
}
BY_BILL = RULESET + "corrections: billing_period\n"


def line(month="2026-11", **fields):
    year, number = month.split("-")
    end = f"{year}-{int(number) + 1:02d}" if number != "12" else f"{int(year) + 1}-01"
    return focus_line(
        **{
            "BillingPeriodStart": f"{month}-01T00:00:00Z",
            "BillingPeriodEnd": f"{end}-01T00:00:00Z",
            "ChargePeriodStart": f"{month}-03T04:00:00Z",
            "ChargePeriodEnd": f"{month}-03T05:00:00Z",
        }
        | fields
    )


OWN = line(cost="7", **ACME)
REFUND = line(cost="-0.5", ChargeClass="Correction", **LATE, **ACME)


def deliver(storage, folder, lines, *, month="2026-11", version=1, earlier=("2026-10",)):
    announce_bill(
        storage, folder, lines, period=month, version=version, earlier_months=list(earlier)
    )


def current(month):
    with as_ops():
        return Run.objects.get(period=month, is_current=True)


def costs(month):
    with as_ops():
        found = Statement.objects.filter(run_id=current(month).run_id)
        return dict(found.values_list("tenant_id", "cost"))


def queued():
    with as_ops():
        return set(Job.objects.values_list("key", flat=True))


BEFORE = {"acme": Decimal("3.75"), "globex": Decimal("2.25")}


def put_corrected(storage, folder):
    """A closed October, and a bill of November that gives a part of it back."""
    put_run(storage, folder)
    with as_ops():
        close_period(period="2026-10", closed_by="olivia", reasons={}, now=NOW)
    deliver(storage, folder, [OWN, REFUND])
    attribute_period(period="2026-11")


class TestALaterBill:
    @pytest.fixture
    def corrected(self, transactional_db, storage, tmp_path, scratch):
        record_once(put_corrected, storage, tmp_path)
        return "2026-10"

    def test_changes_the_month_of_the_charge_period_and_not_its_own(self, corrected):
        assert costs("2026-10") == BEFORE | {"acme": Decimal("3.25")}
        assert costs("2026-11") == {"acme": Decimal(7)}

    def test_is_named_by_both_proofs(self, corrected):
        october, november = current("2026-10").proof, current("2026-11").proof
        assert (october["moved_in"], october["difference"]) == ({"2026-11": "-0.5000000000"}, "0")
        assert (november["moved_out"], november["difference"]) == (
            {"2026-10": "-0.5000000000"},
            "0",
        )
        assert november["bill_total"] == "6.5000000000"
        told = {fact["period"]: fact["totals"] for fact in facts(PERIOD_ATTRIBUTED)}
        assert told["2026-10"]["moved_in"] == told["2026-11"]["moved_out"] == "-0.5000000000"

    def test_reopens_the_month_with_the_bill_as_its_cause(self, corrected):
        with as_ops():
            record = Period.objects.get(period=corrected)
        assert (record.state, record.revised_tenants) == (PeriodState.REOPENED, ["acme"])
        client = client_of(Actor("olivia", "operator_viewer"))
        standing = client.get(f"/api/v2/periods/{corrected}").json()
        assert standing["revision_causes"] == [
            {
                "code": "correction",
                "source": "bill",
                "bill_period": "2026-11",
                "line_count": 1,
                "billed": "-0.5000000000",
                "effective": "-0.5000000000",
            }
        ]

    def test_closes_the_month_again_on_what_it_has(self, corrected, storage, tmp_path):
        with as_ops():
            close_period(period=corrected, closed_by="otto", reasons={}, now=NOW)
            close = PeriodClose.objects.get(period=corrected, number=2)
            assert close.run.run_id == current(corrected).run_id
        (cause,) = next(fact for fact in facts(PERIOD_CLOSED) if fact["number"] == 2)["causes"]
        assert (cause["code"], cause["bill_period"]) == ("correction", "2026-11")
        assert cause["effective"] == "-0.5000000000"

    def test_that_takes_the_line_back_reopens_it_once_more(self, corrected, storage, tmp_path):
        with as_ops():
            close_period(period=corrected, closed_by="otto", reasons={}, now=NOW)
        deliver(storage, tmp_path, [OWN], version=2, earlier=())
        attribute_period(period="2026-11")
        assert costs("2026-10") == BEFORE
        assert "moved_in" not in current("2026-10").proof
        with as_ops():
            assert Period.objects.get(period=corrected).state == PeriodState.REOPENED

    def test_that_says_the_same_makes_no_new_run_of_the_month(self, corrected, storage, tmp_path):
        before = current("2026-10").run_id
        deliver(storage, tmp_path, [REFUND, OWN, line(cost="1", **GLOBEX)], version=2)
        attribute_period(period="2026-11")
        assert current("2026-10").run_id == before
        assert costs("2026-11") == {"acme": Decimal(7), "globex": Decimal(1)}

    def test_of_a_correction_of_the_correction(self, corrected, storage, tmp_path):
        back = line("2026-12", cost="0.5", **LATE, **ACME)
        deliver(storage, tmp_path, [back], month="2026-12")
        attribute_period(period="2026-12")
        assert costs("2026-10") == BEFORE
        assert costs("2026-12") == {}
        assert current("2026-10").proof["moved_in"] == {
            "2026-11": "-0.5000000000",
            "2026-12": "0.5000000000",
        }

    def test_goes_by_the_rules_that_the_month_was_closed_by(self, corrected, storage, tmp_path):
        with as_ops():
            apply_ruleset(content=RULESET.replace("tag:customer", "tag:team"), applied_by="olivia")
        attribute_period(period="2026-11")
        assert costs("2026-11") == {}
        assert costs("2026-10") == BEFORE | {"acme": Decimal("3.25")}

    def test_of_which_a_later_delivery_of_the_month_keeps_the_lines(
        self, corrected, storage, tmp_path
    ):
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **GLOBEX)], version=2)
        attribute_period(period=corrected)
        assert costs("2026-10") == {"acme": Decimal("3.25"), "globex": Decimal("6.25")}

    def test_is_made_again_byte_for_byte(self, corrected, settings):
        answers = {}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                "services.attribution.operations.replay_run.keep_answer",
                lambda answer, **_: answers.update({answer["period"]: answer}),
            )
            for at, month in enumerate(("2026-10", "2026-11")):
                run_id = current(month).run_id
                settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
                    update={"scratch_dir": settings.ENVIRONMENT.scratch_dir / f"again-{at}"}
                )
                replay_run(answer_id=f"ans_{at}", run_id=run_id, replay_id="r")
        assert [answers[month]["is_same"] for month in ("2026-10", "2026-11")] == [True, True]

    def test_is_explained_with_its_lines(self, corrected):
        kept = {}
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                "services.attribution.operations.explain_amount.keep_answer",
                lambda answer, **_: kept.update(answer),
            )
            explain_amount(
                answer_id="ans_1",
                run_id=current("2026-10").run_id,
                selection={"tenant": "acme", "charge_group": "Compute", "method": "label"},
                rows_max=10,
            )
        assert "-0.5" in json.dumps(kept)

    def test_is_what_other_rules_are_tried_on(self, corrected):
        """Whatever they say of corrections: a month alone can't take a line or give it back."""
        kept = {}
        runs = [current("2026-10").run_id, current("2026-11").run_id]
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                "services.attribution.operations.try_ruleset.keep_answer",
                lambda answer, **_: kept.update(answer),
            )
            try_ruleset(answer_id="ans_1", content=BY_BILL, run_ids=runs)
        assert [kept[run_id]["after"]["acme"] for run_id in runs] == [
            "3.2500000000",
            "7.0000000000",
        ]


class TestRunsThatExchangeLines:
    def test_wait_for_each_other(self, attributed, storage, tmp_path, monkeypatch):
        """Where the month can't be attributed, neither is the bill that has lines of it."""
        deliver(storage, tmp_path, [OWN, REFUND])
        compute_run = attribution.compute_run

        def compute(inputs, month, *given, **more):
            if str(month) == "2026-10":
                raise BadConfiguration("it is not readable.", remedy="Mend it.")
            return compute_run(inputs, month, *given, **more)

        monkeypatch.setattr(attribution, "compute_run", compute)
        with pytest.raises(BadConfiguration, match="the bill of 2026-11 has lines of it"):
            attribute_period(period="2026-11")
        with as_ops():
            assert not Run.objects.filter(period="2026-11", is_current=True).exists()
        assert costs("2026-10") == BEFORE
        monkeypatch.undo()
        attribute_period(period="2026-11")
        assert costs("2026-10") == BEFORE | {"acme": Decimal("3.25")}
        assert costs("2026-11") == {"acme": Decimal(7)}

    def test_are_made_again_where_the_month_got_newer_inputs_meanwhile(
        self, attributed, storage, tmp_path, monkeypatch
    ):
        deliver(storage, tmp_path, [OWN, REFUND])
        compute_run = attribution.compute_run

        def compute(inputs, month, *given, **more):
            if str(month) == "2026-10":
                announce_bill(storage, tmp_path, LINES[:1], version=2)
            return compute_run(inputs, month, *given, **more)

        monkeypatch.setattr(attribution, "compute_run", compute)
        with as_ops():
            Job.objects.all().delete()
        attribute_period(period="2026-11")
        assert costs("2026-10") == BEFORE
        assert queued() == {"2026-10", "2026-11"}
        monkeypatch.undo()
        attribute_period(period="2026-11")
        assert costs("2026-10") == {"acme": Decimal("2.5")}
        assert costs("2026-11") == {"acme": Decimal(7)}
        attribute_period(period="2026-10")
        assert costs("2026-10") == {"acme": Decimal("2.5")}

    def test_go_back_over_several_months(self, attributed, storage, tmp_path):
        """November's bill came before October's; December's corrects both."""
        september = line(
            "2026-09",
            cost="2",
            **GLOBEX,
        )
        deliver(storage, tmp_path, [september], month="2026-09", earlier=())
        attribute_period(period="2026-09")
        of_september = {
            "ChargePeriodStart": "2026-09-20T07:00:00Z",
            "ChargePeriodEnd": "2026-09-20T08:00:00Z",
        }
        announce_bill(
            storage,
            tmp_path,
            [*LINES, focus_line(cost="9", **of_september, **GLOBEX)],
            version=2,
            earlier_months=["2026-09"],
        )
        lines = [OWN, REFUND, line(cost="0.25", **of_september, **GLOBEX)]
        deliver(storage, tmp_path, lines, earlier=("2026-10", "2026-09"))
        attribute_period(period="2026-11")
        assert costs("2026-11") == {"acme": Decimal(7)}
        assert costs("2026-10") == BEFORE | {"acme": Decimal("3.25")}
        assert costs("2026-09") == {"globex": Decimal("11.25")}
        with as_ops():
            bills = [
                Decimal(run.proof["bill_total"]) for run in Run.objects.filter(is_current=True)
            ]
            assert sum(bills) == sum(
                sum(costs(f"2026-{month}").values()) for month in ("09", 10, 11)
            )


class TestLinesThatStay:
    def test_wait_in_their_bill_until_the_month_has_a_run(self, period, storage, tmp_path):
        deliver(storage, tmp_path, [OWN, REFUND])
        attribute_period(period="2026-11")
        assert costs("2026-11") == {"acme": Decimal("6.5")}
        with as_ops():
            Job.objects.all().delete()
        attribute_period(period=period)
        assert queued() == {"2026-11"}
        assert costs("2026-10") == BEFORE
        attribute_period(period="2026-11")
        assert costs("2026-11") == {"acme": Decimal(7)}
        assert costs("2026-10") == BEFORE | {"acme": Decimal("3.25")}

    def test_by_the_ruleset_are_the_bills(self, attributed, storage, tmp_path):
        with as_ops():
            apply_ruleset(content=BY_BILL, applied_by="olivia")
        deliver(storage, tmp_path, [OWN, REFUND])
        attribute_period(period="2026-11")
        assert costs("2026-11") == {"acme": Decimal("6.5")}
        with as_ops():
            apply_ruleset(content=RULESET, applied_by="olivia")
        attribute_period(period="2026-11")
        assert costs("2026-11") == {"acme": Decimal(7)}

    def test_after_all_cut_offs(self, attributed, storage, tmp_path):
        for month, cost in (("2028-10", Decimal(7)), ("2028-11", Decimal("6.5"))):
            of_month = [
                line(month, cost="7", **ACME),
                line(month, cost="-0.5", **LATE, **ACME),
            ]
            deliver(storage, tmp_path, of_month, month=month)
            attribute_period(period=month)
            assert costs(month) == {"acme": cost}

    def test_of_a_fact_of_before_are_the_bills(self, attributed, storage, tmp_path):
        deliver(storage, tmp_path, [OWN, REFUND], earlier=())
        attribute_period(period="2026-11")
        assert costs("2026-11") == {"acme": Decimal("6.5")}


def test_a_run_of_before_is_made_of_what_it_says(attributed):
    with as_ops():
        run = Run.objects.get(is_current=True)
        before = {k: v for k, v in run.inputs.items() if k not in ("earlier_months", "moved_in")}
        assert len(before) == 3
        run.inputs = before
        assert inputs_of_run(run).digest == run.input_digest


def test_the_setting_is_no_part_of_a_rulesets_digest_by_default():
    by_default, by_charge, by_bill = (
        ruleset_digest(parse_configuration(RULESET + more))
        for more in ("", "corrections: charge_period\n", "corrections: billing_period\n")
    )
    assert by_default == by_charge != by_bill
