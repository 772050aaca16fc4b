"""A month is closed again: what corrects it without a click, and what waits for a person."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection
from django.db.models import Sum
from pydantic import SecretStr

from services.invoicing.models import (
    ClosedPeriod,
    CreditNote,
    CreditNoteLine,
    Debit,
    Invoice,
    Job,
    LedgerEntry,
    TrueUpAccount,
)
from services.invoicing.operations.act_on_correction import (
    Approved,
    act_on_note,
    approve_corrections,
)
from services.invoicing.operations.act_on_invoice import ActionRefused
from services.invoicing.operations.apply_plans import apply_plans
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.move_invoice import InvoiceChanged, move_invoice
from services.invoicing.operations.move_note import move_note
from services.invoicing.operations.record_close import record_close
from services.invoicing.operations.settle_accounts import settle_accounts
from services.invoicing.operations.verify_documents import verify_documents
from services.invoicing.queries.account_documents import read_account
from services.invoicing.queries.account_terms import read_target
from services.invoicing.queries.corrections import read_corrections
from services.invoicing.queries.troubles import read_troubles
from services.invoicing.queries.waiting_corrections import read_waiting
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_CLOSED, CloseCause
from shared.contracts.invoicing import Cause
from shared.isolation.roles import role_name
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_causes import CauseCode
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_accounts import issue
from tests.invoicing.test_drafting import NOW, drafts
from tests.recorded import record_rows_once
from tests.tokens import client_of

BILL = [CloseCause("bill", "aws", Decimal(0), Decimal(0))]
# What no correction of a single tenant is a large part of.
OTHERS = {f"t{number}": {"Compute": Decimal(10_000)} for number in range(2)}


def file(**terms):
    """Acme at cost plus 20 % and a fee, and two customers whose months are large."""
    up = f", true_up: {terms['true_up']}" if "true_up" in terms else ""
    tenants = ", ".join(f"{{key: {name}}}" for name in ["acme", "labs", *OTHERS])
    customers = "".join(
        f"""
  - {{key: {name}, name: {name}, email: ap@{name}.example, contracts: [
      {{plan: standard, tenants: [{name}], from: 2026-01-01}}]}}"""
        for name in OTHERS
    )
    return f"""
version: 1
currency: USD
tenants: [{tenants}]
labels: {{tenant: ["tag:customer"]}}
plans:
  - key: standard
    name: Standard
    version: 1
    currency: USD
    components:
      - {{kind: cost_plus, name: Cloud usage, percent: 20}}
      - {{kind: flat_fee, name: Platform fee, amount: 499.00}}
customers:
  - {{key: acme, name: Acme, email: ap@acme.example, contracts: [
      {{plan: standard, tenants: [acme, labs], from: 2026-01-01{up}}}]}}{customers}
"""


def costs(compute="1200.50", storage="310.0712345678", **tenants):
    groups = {"Compute": Decimal(compute), "Storage": Decimal(storage)}
    mine = {name: {"Compute": Decimal(cost)} for name, cost in tenants.items()}
    return {**OTHERS, "acme": groups, **mine}


@pytest.fixture
def month(transactional_db, monkeypatch, settings):
    """October, closed on these costs and drafted; `month.close_again(...)` restates it."""
    return _Month(monkeypatch, settings)


class _Month:
    def __init__(self, monkeypatch, settings):
        self.monkeypatch, self.number = monkeypatch, 0
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"stripe_api_key": SecretStr("sk_test_1")}
        )

    def close(self, of, *, at=None, causes=BILL, period="2026-10"):
        for module in ("draft_invoices", "settle_accounts"):
            self.monkeypatch.setattr(
                f"services.invoicing.operations.{module}.statement_costs", lambda *_a, **_k: of
            )
        is_october = period == "2026-10"
        self.number += is_october
        fact = replace(
            PERIOD_CLOSED.example,
            period=period,
            version=self.number + 1,
            number=self.number if is_october else 1,
            run_id=f"run_{self.number}",
            run_version=self.number + 1,
            closed_at=at or datetime(2026, 11, 20, tzinfo=UTC),
            causes=causes if is_october and self.number > 1 else [],
        )
        with as_ops():
            record_close(fact)
        draft_invoices(period=period)
        if is_october and self.number > 1:
            settle_accounts(period=period)

    def invoiced(self, of=None, **terms):
        """Done once for each of what it is called with; its rows are put there again."""
        of = of or costs()
        record_rows_once(repr((of, terms)), lambda: self._invoice(of, terms))
        self.number = 1
        return account().invoice

    def _invoice(self, of, terms):
        with as_ops():
            apply_plans(content=file(**terms))
        self.close(of, at=datetime(2026, 11, 3, tzinfo=UTC))
        for draft in drafts().values():
            issued(draft)


def issued(draft, number=None):
    """As Stripe concludes it."""
    issue(draft)
    with as_ops():
        Invoice.objects.filter(pk=draft.pk).update(
            state=State.ISSUED, number=number or f"N-{draft.pk[-6:]}", issued_at=NOW
        )


def account(tenant="acme"):
    with as_ops():
        of_tenant = TrueUpAccount.objects.select_related("invoice").filter(tenants__tenant=tenant)
        return of_tenant.get(period="2026-10")


def figures():
    """Target, billed, carried and waived of acme's account."""
    with as_ops():
        known = account()
        given = read_account(known, read_target(known))
        carried = given.target_minor - given.billed_minor - known.waived_minor
        return given.target_minor, given.billed_minor, carried, known.waived_minor


def notes(*states):
    with as_ops():
        rows = CreditNote.objects.exclude(state=State.VOID).order_by("drafted_at", "note_id")
        return [
            (
                note.state,
                {
                    line.invoice_line.charge_group: line.amount_minor
                    for line in note.lines.select_related("invoice_line")
                },
            )
            for note in rows
        ]


def debits():
    with as_ops():
        return list(Debit.objects.exclude(state="discarded").values_list("state", "amount_minor"))


def as_issued():
    """What is on its way, as Stripe concludes it."""
    with as_ops():
        for note in CreditNote.objects.filter(state=State.ISSUING):
            move_note(
                note,
                State.ISSUED,
                actor="stripe",
                cause=Cause(CauseCode.FINALISED, {"number": "CN-1"}),
                now=NOW,
                number=f"CN-{note.note_id[-6:]}",
                issued_at=NOW,
            )


class TestAFall:
    def test_is_a_credit_note_on_the_line_that_fell(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        assert notes() == [("issuing", {"Compute": 6_030})]
        assert figures() == (175_239, 175_239, 0, 0)

    def test_asks_for_its_issue(self, month):
        month.invoiced()
        with as_ops():
            Job.objects.all().delete()
        month.close(costs(compute="1150.25"))
        with as_ops():
            assert "issue_credit_notes" in Job.objects.values_list("kind", flat=True)

    def test_waits_approved_without_a_key_of_stripe(self, month, settings):
        month.invoiced()
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"stripe_api_key": None})
        month.close(costs(compute="1150.25"))
        assert notes() == [("approved", {"Compute": 6_030})]

    def test_says_what_was_charged_and_what_is_right_of_each_line(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25", storage="340"))
        ((state, lines),) = notes()
        assert (state, lines) == ("issuing", {"Compute": 2_439})
        with as_ops():
            note = CreditNote.objects.get()
        assert [
            (line["charge_group"], line["charged"], line["corrected"]) for line in note.detail
        ] == [("Compute", 144_060, 138_030), ("Storage", 37_209, 40_800)]
        assert (note.causes, note.close_number, note.net_minor) == (["bill"], 2, 2_439)

    def test_below_the_threshold_waits(self, month):
        month.invoiced()
        month.close(costs(compute="1200.125"))
        assert notes() == []
        assert figures() == (181_224, 181_269, -45, 0)

    def test_settled_again_makes_nothing(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        settle_accounts(period="2026-10")
        assert len(notes()) == 1

    def test_gives_way_to_that_of_a_newer_close(self, month, settings):
        month.invoiced()
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"stripe_api_key": None})
        month.close(costs(compute="1150.25"))
        month.close(costs(compute="1160.25"))
        assert notes() == [("approved", {"Compute": 4_830})]

    def test_waits_while_stripe_is_asked_for_the_one_before(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        month.close(costs(compute="1160.25"))
        assert notes() == [("issuing", {"Compute": 6_030})]
        as_issued()
        settle_accounts(period="2026-10")
        assert [state for state, _ in notes()] == ["issued"]
        assert debits() == [("waiting", 1_200)]

    def test_is_priced_by_the_terms_of_the_invoice_though_the_plan_has_changed(self, month):
        month.invoiced()
        with as_ops():
            raised = file().replace("version: 1\n    currency", "version: 2\n    currency")
            apply_plans(content=raised.replace("percent: 20", "percent: 30"))
        month.close(costs(compute="1150.25"))
        assert notes() == [("issuing", {"Compute": 6_030})]

    def test_touches_no_other_account(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        with as_ops():
            assert set(CreditNote.objects.values_list("customer", flat=True)) == {"acme"}


class TestARise:
    def test_waits_for_the_next_invoice_and_stands_on_it(self, month):
        month.invoiced()
        month.close(costs(compute="1260.75"))
        assert debits() == [("waiting", 7_230)]
        assert figures() == (188_499, 181_269, 7_230, 0)
        month.close(costs(), period="2026-11")
        with as_ops():
            november = Invoice.objects.get(period="2026-11", customer="acme")
            line = november.lines.get(kind="correction")
        assert (line.amount_minor, november.total_minor) == (7_230, 231_169 + 7_230)
        assert line.description.startswith("Correction of October 2026 (invoice N-")
        assert line.description.endswith("): Cloud usage: Compute (acme)")
        assert debits() == [("placed", 7_230)]
        issued(november)
        assert figures() == (188_499, 188_499, 0, 0)

    def test_of_a_draft_that_is_discarded_waits_again(self, month):
        self.test_waits_for_the_next_invoice_on_a_draft(month)
        with as_ops():
            november = Invoice.objects.exclude(state=State.VOID).get(
                period="2026-11", customer="acme"
            )
        with as_ops():
            move_invoice(november, State.VOID, actor="bruno", cause=Cause("person"), now=NOW)
        assert debits() == [("waiting", 7_230)]

    def test_waits_for_the_next_invoice_on_a_draft(self, month):
        month.invoiced()
        month.close(costs(compute="1260.75"))
        month.close(costs(), period="2026-11")
        assert debits() == [("placed", 7_230)]

    def test_is_an_invoice_of_its_own_where_the_contract_says_so(self, month):
        original = month.invoiced(true_up="{up: supplementary}")
        month.close(costs(compute="1260.75"))
        with as_ops():
            extra = Invoice.objects.get(kind="supplementary")
            (line,) = extra.lines.all()
        assert (extra.state, extra.period, extra.total_minor) == ("issuing", "2026-10", 7_230)
        assert (line.charge_group, line.account_id) == ("Compute", account().pk)
        assert original.number in line.description
        assert figures() == (188_499, 188_499, 0, 0)

    def test_is_nobodys_where_the_contract_says_never(self, month):
        month.invoiced(true_up="{up: never}")
        month.close(costs(compute="1260.75"))
        assert (debits(), notes()) == ([], [])
        assert figures() == (188_499, 181_269, 0, 7_230)
        assert account().waived_why == "never_up"

    def test_after_the_last_day_to_charge_is_waived_by_the_day_of_the_close(self, month):
        month.invoiced()
        month.close(costs(compute="1260.75"), at=datetime(2027, 2, 1, tzinfo=UTC))
        assert figures() == (188_499, 181_269, 0, 7_230)
        assert account().waived_why == "charge_until"

    def test_is_not_drafted_where_the_month_was_closed_with_nothing_to_invoice(self, month):
        self.of_an_empty_month(month)
        assert (account().base_minor, account().invoice_id) == (0, None)
        assert debits() == [("waiting", 12_000)]

    def of_an_empty_month(self, month):
        with as_ops():
            content = file().replace(
                "      - {kind: flat_fee, name: Platform fee, amount: 499.00}\n", ""
            )
            apply_plans(content=content)
        month.close(dict(OTHERS), at=datetime(2026, 11, 3, tzinfo=UTC))
        month.close({**OTHERS, "acme": {"Compute": Decimal(100)}})


class TestWhatWaitsForAPerson:
    def test_is_more_than_goes_by_itself(self, month):
        month.invoiced()
        month.close(costs(compute="1100.00"))
        assert notes() == [("in_review", {"Compute": 12_060})]

    def test_is_what_adds_up_to_more_since_a_person_approved(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        as_issued()
        month.close(costs(compute="1110.25"))
        assert [state for state, _ in notes()] == ["issued", "in_review"]

    @pytest.mark.parametrize("code", ["rules", "software"])
    def test_is_the_operators_own_doing(self, month, code):
        month.invoiced()
        month.close(costs(compute="1150.25"), causes=[CloseCause(code, "", Decimal(0), Decimal(0))])
        ((state, _),) = notes()
        assert (state, self.held_for()) == ("parked", ["own_doing"])

    def test_is_a_quarter_of_the_first_invoice(self, month):
        month.invoiced()
        month.close(costs(compute="700"))
        ((state, _),) = notes()
        assert (state, self.held_for()) == ("parked", ["large_correction"])

    def test_is_on_an_uncollectible_invoice(self, month):
        original = month.invoiced()
        with as_ops():
            Invoice.objects.filter(pk=original.pk).update(state=State.UNCOLLECTIBLE)
        month.close(costs(compute="1150.25"))
        assert self.held_for() == ["original_uncollectible"]

    def test_is_of_a_tenant_that_is_gone_while_the_bill_has_not_fallen(self, month):
        month.invoiced(costs(labs="100"))
        month.close(costs(compute="1290.00"))
        assert "tenant_gone" in self.held_for()

    def test_is_all_of_a_bill_that_came_by_half(self, month):
        month.invoiced()
        half = {
            tenant: {group: amount / 2 for group, amount in groups.items()}
            for tenant, groups in costs().items()
        }
        month.close(half)
        assert {state for state, _ in notes()} == {"parked"}
        assert len(notes()) == 3
        assert "brake" in self.held_for()
        month.close(costs())
        assert notes() == []

    def test_is_by_the_brake_that_the_file_sets(self, month):
        month.invoiced()
        with as_ops():
            apply_plans(content=file() + "billing: {brake: {share_of_invoiced: 0.1}}\n")
        month.close(costs(compute="1150.25"))
        assert self.held_for() == ["brake"]

    def held_for(self):
        with as_ops():
            note = CreditNote.objects.exclude(state=State.VOID).get(customer="acme")
            return [cause["code"] for cause in note.parked_for]


class TestTheDatabase:
    @pytest.fixture
    def note(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        as_issued()
        with as_ops():
            return CreditNote.objects.get()

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE invoicing_creditnote SET net_minor = 1",
            "UPDATE invoicing_creditnote SET number = 'X'",
            "DELETE FROM invoicing_creditnote",
            "UPDATE invoicing_creditnoteline SET amount_minor = 1",
            "DELETE FROM invoicing_creditnoteline",
        ],
    )
    @pytest.mark.parametrize("role", ["ops", "app"])
    def test_keeps_what_is_issued(self, note, statement, role):
        with pytest.raises(DatabaseError, match=r"never changed|permission denied"):
            self.run(role, statement)

    def run(self, role, statement):
        with as_ops(), connection.cursor() as cursor:
            cursor.execute(f'SET LOCAL ROLE "{role_name(role)}"')
            cursor.execute(statement)

    def test_refuses_more_than_a_line_has_left(self, note):
        with pytest.raises(IntegrityError, match="would exceed a line"), as_ops():
            self.another(note, 144_060 - 6_030 + 1)
        with as_ops():
            self.another(note, 144_060 - 6_030)

    def test_refuses_lines_that_are_not_the_note(self, note):
        with pytest.raises(IntegrityError, match="are not its net"), as_ops():
            self.another(note, 100, net_minor=101)

    def another(self, note, amount, **fields):
        line = note.lines.get()
        second = CreditNote.objects.create(
            **{
                "note_id": "cn_other",
                "customer_id": note.customer_id,
                "invoice_id": note.invoice_id,
                "period": note.period,
                "kind": "commercial",
                "close_number": 2,
                "run_id": "run_2",
                "currency": "USD",
                "net_minor": amount,
                "drafted_at": NOW,
                **fields,
            }
        )
        CreditNoteLine.objects.create(
            customer_id=note.customer_id,
            note=second,
            position=1,
            invoice_line_id=line.invoice_line_id,
            amount_minor=amount,
        )

    def test_keeps_the_chain_of_seals_whole(self, note, monkeypatch):
        monkeypatch.setattr(
            "services.invoicing.operations.verify_documents._anchors", lambda: ([], [])
        )
        verification = verify_documents(now=datetime.now(UTC))
        faults = [fault for fault in verification.faults if "link" in fault or note.pk in fault]
        assert [fault for fault in faults if "document inv_" not in fault] == []
        assert verification.documents == 4


BRUNO = Actor("bruno", "billing_approver")
CLARA = Actor("clara", "billing_clerk")


def approve(*, close=2, reason="", actor=BRUNO):
    with as_ops():
        return approve_corrections(
            period="2026-10", close=close, actor=actor, reason=reason, now=NOW
        )


class TestAPerson:
    @pytest.fixture
    def waiting(self, month):
        month.invoiced()
        month.close(costs(compute="1100.00"))
        return month

    @pytest.fixture
    def braked(self, month):
        month.invoiced()
        month.close({**costs(compute="1150.25"), "t0": {"Compute": Decimal(7_700)}})
        return month

    def act(self, action, actor=BRUNO, reason="", **fields):
        with as_ops():
            note = CreditNote.objects.exclude(state=State.VOID).get(customer="acme")
            return act_on_note(
                **{
                    "note_id": note.pk,
                    "action": action,
                    "actor": actor,
                    "version": note.version,
                    "reason": reason,
                    "now": NOW,
                    **fields,
                }
            )

    def test_sees_on_the_page_of_health_that_something_waits(self, waiting, monkeypatch):
        monkeypatch.setattr("services.invoicing.queries.troubles.stripe_probe", lambda: None)
        with as_ops():
            (trouble,) = [one for one in read_troubles(NOW) if one.kind == "waiting_corrections"]
        assert (trouble.code, trouble.subject) == ("approver_needed", "2026-10")
        assert trouble.figures == {"count": 1}
        approve()
        with as_ops():
            assert "waiting_corrections" not in {one.kind for one in read_troubles(NOW)}

    def test_approves_one_and_it_is_issued(self, waiting):
        self.act("approve")
        assert notes() == [("issuing", {"Compute": 12_060})]
        assert account().auto_approved_minor == 0

    def test_approves_all_of_a_close_at_once(self, waiting):
        assert approve() == Approved(count=1, left=0)
        assert notes() == [("issuing", {"Compute": 12_060})]

    def test_approves_none_of_a_close_that_is_not_the_newest(self, waiting):
        with pytest.raises(InvoiceChanged, match="The newest close of 2026-10 is 2"):
            approve(close=1)

    def test_who_may_not_approve_is_refused(self, waiting):
        with pytest.raises(ActionRefused):
            approve(actor=CLARA)
        assert notes() == [("in_review", {"Compute": 12_060})]

    def test_leaves_what_is_held_for_itself(self, month):
        month.invoiced()
        month.close(costs(compute="700"))
        assert approve(reason="looked at") == Approved(count=0, left=1)

    def test_lifts_the_brake_of_all_with_a_reason(self, braked):
        before = [state for state, _ in notes()]
        assert before == ["parked", "parked"]
        assert approve().count == 0
        assert approve(reason="AWS has lowered the bill") == Approved(count=2, left=0)

    def test_lets_a_debit_that_is_held_go_on_the_next_invoice(self, month):
        month.invoiced()
        rules = [CloseCause("rules", "", Decimal(0), Decimal(0))]
        month.close(costs(compute="1260.75"), causes=rules)
        with as_ops():
            debit = Debit.objects.get()
            (row,) = [one for one in read_corrections("2026-10") if one["customer"] == "acme"]
            (document,) = row["documents"]
            assert (document["state"], document["parked_for"][0]["code"]) == ("parked", "own_doing")
            assert read_waiting()[0]["parked"] == 1
        month.close(costs(), period="2026-11")
        with as_ops():
            november = Invoice.objects.get(period="2026-11", customer="acme")
            assert not november.lines.exclude(account=None).exists()
        assert approve(reason="all of it") == Approved(count=0, left=1)

        client = client_of(BRUNO)
        address = f"/api/v1/debits/{debit.pk}/release"
        assert client.post(address, {"version": 1}, "application/json").status_code == 403
        given = {"version": 1, "reason": "We have looked at each rule."}
        assert client.post(address, given, "application/json").status_code == 200
        assert client.post(address, given, "application/json").status_code == 409
        month.close(costs(), period="2026-12")
        with as_ops():
            december = Invoice.objects.get(period="2026-12", customer="acme")
            lines = december.lines.exclude(account=None)
            assert sum(line.amount_minor for line in lines) == debit.amount_minor
            debit.refresh_from_db()
        assert [(one["by"], one["of"][0]["code"]) for one in debit.released] == [
            ("bruno", "own_doing")
        ]

    def test_lifts_the_brake_of_a_debit_that_waits(self, month):
        month.invoiced()
        with as_ops():
            apply_plans(content=file() + "billing: {brake: {share_of_invoiced: 0.1}}\n")
        month.close(costs(compute="1260.75"))
        assert approve().left == 1
        assert approve(reason="AWS has raised its prices") == Approved(count=1, left=0)
        with as_ops():
            assert Debit.objects.get().parked_for == []

    def test_approves_a_supplementary_invoice_with_the_rest(self, month):
        month.invoiced(true_up="{up: supplementary}")
        month.close(costs(compute="1300.75"))
        with as_ops():
            assert Invoice.objects.get(kind="supplementary").state == State.IN_REVIEW
        assert approve() == Approved(count=1, left=0)
        with as_ops():
            assert Invoice.objects.get(kind="supplementary").state == State.ISSUING

    def test_issues_a_supplementary_invoice_from_its_own_page(self, month):
        original = month.invoiced(true_up="{up: supplementary}")
        month.close(costs(compute="1300.75"))
        with as_ops():
            extra = Invoice.objects.get(kind="supplementary")
        assert issue(extra).state == State.ISSUING
        assert account().invoice_id == original.pk

    def test_parks_one_and_another_person_releases_it(self, waiting):
        self.act("park", CLARA, "ask the customer")
        assert notes()[0][0] == "parked"
        self.act("release", reason="asked")
        assert notes()[0][0] == "in_review"
        with pytest.raises(ActionRefused, match="A second person has to approve"):
            self.act("approve")
        self.act("approve", Actor("beate", "billing_approver"))
        assert notes()[0][0] == "issuing"

    def test_acts_on_the_version_that_was_seen(self, waiting):
        with pytest.raises(InvoiceChanged, match="you have seen 1"):
            self.act("approve", version=1)

    def test_acts_on_no_note_of_an_older_close(self, waiting):
        with as_ops():
            ClosedPeriod.objects.update(number=3)
        with pytest.raises(InvoiceChanged, match="was closed again since, by close 3"):
            self.act("approve")

    def test_may_not_do_what_is_no_action(self, waiting):
        with pytest.raises(ActionRefused, match="nothing that can be done"):
            self.act("burn")


class TestWhatIsRead:
    def test_is_each_account_with_its_documents(self, month):
        original = month.invoiced()
        month.close(costs(compute="1150.25"))
        as_issued()
        with as_ops():
            rows = read_corrections("2026-10")
        (row,) = [row for row in rows if row["customer"] == "acme"]
        (document,) = row.pop("documents")
        assert {name: row[name] for name in ("base", "target", "billed", "carried", "waived")} == {
            "base": "1812.69",
            "target": "1752.39",
            "billed": "1752.39",
            "carried": "0.00",
            "waived": "0.00",
        }
        assert (row["cause"], row["close"], row["state"]) == ("bill", 2, "open")
        assert (document["kind"], document["net"], document["corrects"]) == (
            *("credit_note", "60.30"),
            original.number,
        )
        assert [(one["charged"], one["corrected"]) for one in document["detail"]] == [
            ("1440.60", "1380.30")
        ]
        assert [row["documents"] for row in rows if row["customer"] != "acme"] == [[], []]

    def test_names_a_debit_that_waits(self, month):
        month.invoiced()
        month.close(costs(compute="1260.75"))
        with as_ops():
            rows = read_corrections("2026-10")
        (document,) = [one for row in rows for one in row["documents"]]
        assert (document["kind"], document["state"], document["net"]) == (
            *("debit", "waiting"),
            "72.30",
        )


class TestTheLedger:
    """The balance of `true_up` is what an account carries."""

    def true_up(self):
        with as_ops():
            sums = LedgerEntry.objects.filter(customer_id="acme", account="true_up")
            return sums.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)

    def test_carries_what_waits(self, month):
        month.invoiced()
        month.close(costs(compute="1260.75"))
        assert self.true_up() == Decimal("72.30")

    def test_carries_what_is_credited_until_it_is_issued(self, month):
        month.invoiced()
        month.close(costs(compute="1150.25"))
        assert self.true_up() == Decimal("-60.30")

    def test_carries_nothing_of_what_is_waived(self, month):
        month.invoiced(true_up="{up: never}")
        month.close(costs(compute="1260.75"))
        assert self.true_up() == Decimal(0)

    def test_sums_to_zero_in_each_document(self, month):
        month.invoiced()
        for compute in ("1260.75", "1150.25", "1200.60"):
            month.close(costs(compute=compute))
        with as_ops():
            sums = LedgerEntry.objects.values("document").annotate(sum=Sum("amount"))
            assert {row["sum"] for row in sums} == {Decimal(0)}


class TestAnotherCurrency:
    """The brake counts in the currency of the bill."""

    def test_is_counted_by_the_rate_of_its_terms(self, month):
        with as_ops():
            rate = "fx: {rate: 151.2345, source: ECB, date: 2026-10-31}"
            yen = f"tenants: [t0], from: 2026-01-01, currency: JPY, {rate}"
            content = file().replace("tenants: [t0], from: 2026-01-01", yen)
            apply_plans(content=content.replace("Platform fee, amount: 499.00", "Fee, amount: 499"))
        month.close(costs(), at=datetime(2026, 11, 3, tzinfo=UTC))
        for draft in drafts().values():
            issued(draft)
        # 500 units of the bill's currency less: of 151.2345 yen each they would brake all.
        month.close({**costs(compute="1150.25"), "t0": {"Compute": Decimal(9_500)}})
        held = {state for state, _ in notes()}
        assert "parked" not in held
