from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from services.portal.domain.explanation import UnableToUnderstand, explained
from services.portal.domain.figures import Figure, change_or_base, so_far
from services.portal.domain.invoice_actions import next_step, shown_actions
from services.portal.domain.labels import role_label
from services.portal.domain.one_time_token import hash_of
from services.portal.domain.period_checks import (
    check_label,
    check_of,
    not_closed,
    override_of,
)
from services.portal.domain.period_states import LATE_AFTER, freshness_state, period_state
from shared.auth.actors import Actor
from shared.money import Money
from shared.periods import Month
from shared.vocabulary.invoice_states import State
from shared.vocabulary.period_states import PeriodState
from shared.vocabulary.roles import Role

NODE = {"bill_lines": {"count": 1, "amount": "4", "largest": [{"line": "1:4", "amount": "4"}]}}


def share(fraction):
    return {"share": {"fraction": fraction, "signals": [], "of": NODE}}


def test_a_node_behind_cpu_and_memory_counts_once():
    part = {"amount": "3", "evidence": {"total_of": [share("1/2"), share("1/4")]}}
    line = {"charge_group": "Compute", "method": "pod", "amount": "3", "parts": [part]}
    page = explained(
        {
            "amount": "3",
            "currency": "USD",
            "cost_measure": "EffectiveCost",
            "run": {"run_id": "run_1", "ruleset": "abc"},
            "lines": [line],
        }
    )
    (ground,) = page.whys[0].grounds
    assert (ground.cost.amount, ground.line_count, ground.ratio) == (4, 1, Decimal("0.75"))
    assert ground.parts[0].lines == ("1:4",)


def test_nothing_is_offered_to_those_who_never_act_on_invoices():
    actions = [{"name": "submit", "roles": [Role.BILLING_CLERK], "refused": None, "not_by": []}]
    assert shown_actions(actions, state="draft", actor=Actor("olivia", Role.OPERATOR_VIEWER)) == []


@pytest.mark.parametrize(
    ("state", "restated_by", "step"),
    [
        (State.DRAFT, 1, "look at the restatement: go on, or discard it"),
        (State.ISSUED, 1, "the next close of the month corrects it"),
        (State.PAID, -1, "the next close of the month corrects it"),
        (State.VOID, 1, "nothing is left to do"),
    ],
)
def test_a_restatement_has_a_next_step_of_its_own(state, restated_by, step):
    assert next_step(state, Decimal(restated_by)) == step


@pytest.mark.parametrize(
    ("state", "step"),
    [(State.IN_REVIEW, "waits for an approver"), (State.PAID, "nothing is left to do")],
)
def test_without_a_restatement_the_step_is_that_of_the_state(state, step):
    assert next_step(state, None) == step


def action(name, **changed):
    found = {"name": name, "roles": [Role.BILLING_APPROVER], "refused": None, "not_by": []}
    return found | {"needs_reason": False} | changed


class TestActions:
    BRUNO = Actor("bruno", Role.BILLING_APPROVER)

    def test_say_why_they_are_not_this_persons(self):
        actions = [
            action("approve", not_by=["Bruno"]),
            action("park", roles=[Role.BILLING_CLERK], needs_reason=True),
            action("discard"),
        ]
        shown = shown_actions(actions, state=State.IN_REVIEW, actor=self.BRUNO)
        assert [one.name for one in shown] == ["approve", "park", "discard"]
        approve, park, discard = shown
        assert not approve.allowed
        assert approve.reason
        assert not park.allowed
        assert park.reason != approve.reason
        assert park.needs_reason
        assert (discard.allowed, discard.reason, discard.tone) == (True, "", "danger")

    def test_that_are_ahead_stand_there_with_what_they_need(self):
        refused = {"code": "state", "state": "draft", "needed": ["approved"]}
        actions = [action("issue", refused=refused), action("release", refused=refused)]
        (issue,) = shown_actions(actions, state=State.DRAFT, actor=self.BRUNO)
        assert (issue.name, issue.allowed) == ("issue", False)
        assert issue.needs_confirmation
        assert "approved" in issue.reason.lower()

    def test_are_all_allowed_but_to_issue_where_nothing_can_be(self):
        actions = [action("issue"), action("park")]
        refusal = "Nothing can be issued."
        issue, park = shown_actions(
            actions, state=State.APPROVED, actor=self.BRUNO, issue_refusal=refusal
        )
        assert (issue.allowed, issue.reason, park.allowed) == (False, refusal, True)


def test_parts_of_one_rule_and_driver_stand_together_with_what_was_used():
    signals = {"unit": "By", "meter": "nat_bytes", "quantity": "5", "count": 2}

    def part(amount, fraction, **times):
        of = {"bill_lines": {"count": 1, "amount": "9", "largest": [], "at": amount}}
        evidence = {"share": {"fraction": fraction, "signals": [signals], "of": of}}
        return {"amount": amount, "rule": "pool:nat", "evidence": evidence} | times

    parts = [
        part("1", "1/3", day="2026-10-03", start="2026-10-03T04:00:00+00:00"),
        part("2", "12345/99999", day="2026-10-04"),
        part("-3", "1/2", rule="refund", reason="no-label", tag_key="customer"),
    ]
    line = {"charge_group": "pool:nat", "method": "pool-signal", "amount": "0", "parts": parts}
    page = explained(
        {
            "amount": "0",
            "currency": "USD",
            "cost_measure": "EffectiveCost",
            "run": {"run_id": "run_1", "ruleset": "abc"},
            "lines": [line, line | {"charge_group": "Compute", "amount": "-7"}],
        }
    )
    assert [why.label for why in page.whys] == ["Compute", "Shared NAT"]
    used, refund = sorted(page.whys[1].grounds, key=lambda ground: ground.rule)
    assert refund.reason == "no customer says whose it is"
    assert used.is_share
    assert (used.amount.amount, used.cost.amount, used.line_count) == (3, 18, 2)
    [use] = used.uses
    assert (use.quantity, use.unit, use.signal_count) == (10, "By", 4)
    assert [row.shares for row in used.parts] == [("12.3%",), ("1/3",)]
    hour = datetime(2026, 10, 3, 4, tzinfo=UTC)
    assert [row.when for row in used.parts] == [date(2026, 10, 4), hour]


@pytest.mark.parametrize(
    ("name", "figures", "finding"),
    [
        ("snapshot_complete", {"snapshots": 1}, "1 current snapshot"),
        ("snapshot_complete", {"snapshots": 2}, "2 current snapshots"),
        (
            "unallocated_within_limit",
            {"share": "0.0712", "limit": "0.05"},
            "7.12% of the bill is unallocated, the limit is 5%",
        ),
        ("signals_complete", {"missing_meters": ["a", "b"]}, "No signals for a, b"),
        ("signals_complete", {"missing_meters": []}, "Every meter has signals"),
        ("no_quarantined_file", {"deliveries": []}, "No delivery is in quarantine"),
        (
            "no_quarantined_file",
            {"deliveries": [{"source": "cur", "error": "cut"}, {"source": "x", "error": "y"}]},
            "Cur: cut; x: y",
        ),
        ("no_charge_twice", {"doubled": []}, "No two sources bill the same"),
        (
            "no_charge_twice",
            {"doubled": [{"sources": ["aws", "hand"], "shared": 52, "of": 200}]},
            "Aws and hand bill the same: 52 of 200 charges that were looked for are in both",
        ),
        ("bill_is_final", {"sources": []}, "No provider says that it is still open"),
        (
            "bill_is_final",
            {"sources": ["azure"]},
            "The provider of azure has not closed it; its charges may change",
        ),
        ("nothing_vanished", {"sources": []}, "Nothing that was delivered is gone"),
        (
            "nothing_vanished",
            {
                "sources": [
                    {
                        "source": "cur",
                        "losses": [
                            {"kind": "tag_key", "count": 3, "of": 9, "names": ["a", "b"]},
                            {"kind": "resource_id", "count": 50, "of": 200, "names": []},
                        ],
                    }
                ]
            },
            "Cur lacks the tag keys a, b and 1 more; 25% of its resource ids",
        ),
        ("moon_is_full", {}, "It does not hold"),
    ],
)
def test_a_check_tells_its_finding_from_its_figures(name, figures, finding):
    assert check_of(name=name, passed=False, figures=figures).finding == finding


OCTOBER = Month(2026, 10)


@pytest.mark.parametrize(
    ("is_closed", "is_restated", "now", "state"),
    [
        (True, True, OCTOBER.end, PeriodState.REOPENED),
        (True, False, OCTOBER.end, PeriodState.CLOSED),
        (False, False, OCTOBER.end, PeriodState.SETTLING),
        (False, False, OCTOBER.end - timedelta(seconds=1), PeriodState.OPEN),
    ],
)
def test_a_period_settles_from_its_end_until_it_is_closed(is_closed, is_restated, now, state):
    found = period_state(OCTOBER, is_closed=is_closed, now=now, is_restated=is_restated)
    assert found == state


@pytest.mark.parametrize(
    ("age", "is_closed", "state"),
    [
        (None, False, "unknown"),
        (LATE_AFTER, False, "fresh"),
        (LATE_AFTER + timedelta(seconds=1), False, "stale"),
        (LATE_AFTER + timedelta(seconds=1), True, "fresh"),
    ],
)
def test_a_bill_is_late_after_a_day_and_a_half_unless_its_month_is_closed(age, is_closed, state):
    now = OCTOBER.end
    delivered_at = None if age is None else now - age
    assert freshness_state(delivered_at, is_closed=is_closed, now=now) == state


def test_an_explanation_in_another_form_is_no_page():
    with pytest.raises(UnableToUnderstand):
        explained({"amount": "3", "currency": "USD"})


def test_a_figure_of_a_month_that_still_runs_is_so_far():
    figure = Figure("Cost", None)
    assert so_far(figure).note == "so far"
    assert so_far(Figure("Cost", None, note="USD")).note == "USD, so far"


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        (None, 1, (None, None)),
        (1, None, (None, None)),
        (3, 2, (Decimal("0.5"), None)),
        (-1, 2, (None, Money(Decimal(2), "USD"))),
        (1, 0, (None, Money(Decimal(0), "USD"))),
    ],
)
def test_a_change_from_nothing_or_to_less_shows_what_was(now, before, shown):
    amounts = [None if amount is None else Decimal(amount) for amount in (now, before)]
    assert change_or_base(*amounts, "USD") == shown


def test_a_role_is_told_with_whose_it_is():
    assert role_label(Role.CUSTOMER_MEMBER, "acme") == "Member of acme"
    assert role_label(Role.BILLING_CLERK) == "Billing, clerk"
    assert role_label("astronaut") == "astronaut"


def test_a_token_is_kept_by_a_hash_that_does_not_tell_it():
    assert hash_of("secret") == hash_of("secret") != hash_of("Secret")
    assert "secret" not in hash_of("secret")


def test_a_close_that_was_refused_says_which_checks_failed():
    checks = [
        check_of(name="proof_holds", passed=False, figures={"difference": "0.01"}),
        check_of(name="month_is_over", passed=False, figures={}),
    ]
    assert not_closed(checks) == (
        "Proof to the cent: Bill minus its parts is 0.01; End of the month: The month still runs. "
        "Mend it, or close with a reason for each of these checks."
    )


def test_an_override_is_told_with_who_gave_it():
    shown = override_of(check="run_is_newest", reason="the rest comes later", by="olivia")
    assert (shown.label, shown.text) == ("Newest inputs", "the rest comes later (olivia)")


def test_a_check_is_called_what_the_page_calls_it():
    assert check_label("nothing_vanished") == "What was there before"
    assert check_label("check_of_tomorrow") == "Check of tomorrow"
