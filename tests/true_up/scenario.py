"""Two customers' October and what becomes of it, by the product's own operations."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError
from pydantic import SecretStr

from deploy.true_up_checker.currencies import from_minor, step_of
from services.invoicing.gateways.stripe import RefusedByStripe
from services.invoicing.models import (
    Contract,
    CreditNote,
    Customer,
    Invoice,
    Job,
    Plan,
)
from services.invoicing.operations import draft_invoices as drafting
from services.invoicing.operations import settle_accounts as settling
from services.invoicing.operations.act_on_correction import act_on_note, approve_corrections
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.add_note_lines import add_note_lines
from services.invoicing.operations.draw_grants import put_grants
from services.invoicing.operations.issue_invoices import issue_invoices
from services.invoicing.operations.issue_notes import issue_notes
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.move_note import move_note
from services.invoicing.operations.process_stripe_events import process_stripe_events
from services.invoicing.operations.record_close import record_close
from services.invoicing.operations.settle_again import settle_again
from services.invoicing.operations.store_stripe_event import store_stripe_event
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_CLOSED, CloseCause
from shared.contracts.invoicing import Cause
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from tests.service_stack import empty_tables
from tests.true_up.standin import API_KEY, InProcess

MONTH: Final = "2026-10"
Costs = Mapping[str, Mapping[str, Decimal]]

_CLARA: Final = Actor("clara", "billing_clerk")
_BRUNO: Final = Actor("bruno", "billing_approver")
_BEATE: Final = Actor("beate", "billing_approver")
_BILL: Final = [CloseCause("bill", "aws", Decimal(0), Decimal(0))]


@dataclass(frozen=True)
class Deal:
    """What is agreed with acme; its other customer is always charged 20 % on top."""

    components: list[dict[str, Any]]
    tenants: tuple[str, ...] = ("acme",)
    currency: str = "USD"
    rate: str = ""
    true_up: dict[str, Any] = field(default_factory=dict)
    may_void: bool = False
    grants: list[dict[str, Any]] = field(default_factory=list)
    tax: dict[str, Any] = field(default_factory=dict)


class Scenario:
    """`closes` is by the address of their statements; `day` only goes forward."""

    def __init__(self, deal: Deal, costs: Costs, standin: InProcess) -> None:
        empty_tables()
        standin.begin()
        self.deal, self.standin = deal, standin
        self.closes: dict[str, Costs] = {}
        self.numbers: dict[str, int] = {}
        self.day = date(2026, 11, 3)
        self.followed = 0
        settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
            update={"stripe_api_key": SecretStr(API_KEY)}
        )
        for module in (drafting, settling):
            module.statement_costs = lambda _lake, uri, **_of: self.closes[uri]
        with as_ops():
            self._make_contract("acme", deal)
            self._make_contract("beta", Deal([_PLUS_20], ("beta",), true_up=_AT_ONCE))
        self.close(MONTH, costs)
        self.issue_standard(MONTH)

    def _make_contract(self, customer: str, deal: Deal, version: int = 1) -> None:
        known = Customer.objects.filter(pk=customer).first()
        plan = self._make_plan(customer, version, deal)
        contract = Contract.objects.create(
            contract_id=f"con_{customer}_{version}",
            customer=known
            or Customer.objects.create(
                customer_id=customer,
                name=customer,
                email=f"ap@{customer}.example",
                seller={"key": "seller", "name": "Larkfield"},
            ),
            plan=plan,
            plan_name=plan.name,
            tenants=list(deal.tenants),
            starts_on=date(2026, 1, 1),
            currency=deal.currency,
            fx={"rate": deal.rate, "source": "ECB", "date": "2026-10-31"} if deal.rate else {},
            true_up=deal.true_up,
            grants=deal.grants,
            tax=deal.tax,
            disclosure="closed",
            days_until_due=30,
        )
        put_grants([contract])

    def _make_plan(self, key: str, version: int, deal: Deal) -> Plan:
        fee = {"kind": "flat_fee", "name": "Platform fee", "amount": "490"}
        return Plan.objects.create(
            plan_id=f"{key}@{version}",
            key=key,
            version=version,
            name=key.title(),
            currency=deal.currency,
            components=[*deal.components, fee],
        )

    def close(self, period: str, costs: Costs) -> None:
        number = self.numbers[period] = self.numbers.get(period, 0) + 1
        uri = f"s3://lake/{period}/{number}"
        self.closes[uri] = costs
        fact = replace(
            PERIOD_CLOSED.example,
            period=period,
            version=number,
            number=number,
            run_id=f"run_{period}_{number}",
            run_version=number,
            statements_uri=uri,
            closed_at=self.now,
            causes=_BILL if number > 1 else [],
        )
        with as_ops():
            record_close(fact)
        self.run_jobs()

    @property
    def now(self) -> datetime:
        return datetime.combine(self.day, time(12), tzinfo=UTC)

    def pass_days(self, days: int) -> None:
        self.day += timedelta(days=days)

    def run_jobs(self) -> None:
        """Those that ask nobody; what goes to Stripe waits for `issue`."""
        jobs = {"draft_invoices": drafting.draft_invoices, "settle_accounts": self.settle}
        while True:
            with as_ops():
                job = Job.objects.filter(kind__in=jobs).order_by("created_at").first()
                if job is None:
                    return
                Job.objects.filter(pk=job.pk).delete()
            jobs[job.kind](period=job.payload["period"])

    def settle(self, period: str) -> None:
        settling.settle_accounts(period=period)

    def issue_standard(self, period: str) -> None:
        with as_ops():
            drafts = Invoice.objects.filter(
                period=period, kind="standard", state__in=["draft", "in_review", "parked"]
            )
            for draft in drafts:
                Invoice.objects.filter(pk=draft.pk).update(state="approved", parked_from="")
                draft.refresh_from_db()
                act_on_invoice(
                    invoice_id=draft.pk,
                    action="issue",
                    actor=_CLARA,
                    version=draft.version,
                    reason="",
                    now=self.now,
                )
        issue_invoices()
        self.follow_stripe()

    def issue(self) -> None:
        issue_invoices()
        issue_notes()
        self.follow_stripe()
        self.run_jobs()

    def follow_stripe(self) -> None:
        """What webhooks say of what has happened since."""
        events = self.standin.store.every("event")
        for event in events[self.followed :]:
            with as_ops():
                store_stripe_event(event)
        self.followed = len(events)
        process_stripe_events()

    def approve(self) -> None:
        """All that waits of October, whatever it waits for."""
        with as_ops():
            for note in CreditNote.objects.filter(kind="true_up", state="parked"):
                if note.close_number == self.numbers[MONTH]:
                    self._act(act_on_note, "release", note_id=note.pk, version=note.version)
            for extra in Invoice.objects.filter(kind="supplementary", state="parked"):
                of = {"invoice_id": extra.pk, "version": extra.version}
                released = self._act(act_on_invoice, "release", **of)
                move_invoice(
                    released, "in_review", actor="clara", cause=Cause("person"), now=self.now
                )
            approve_corrections(
                period=MONTH,
                close=self.numbers[MONTH],
                actor=_BRUNO,
                reason="looked at",
                now=self.now,
            )

    def _act(self, act: Any, action: str, **of: Any) -> Any:
        return act(action=action, actor=_BEATE, reason="looked at", now=self.now, **of)

    def next_month(self, costs: Costs) -> str:
        period = f"2026-{10 + len(self.numbers):02d}"
        self.close(period, costs)
        return period

    def open_invoices(self) -> list[dict[str, Any]]:
        there = self.standin.read("invoices")["invoices"]
        return [one for one in there if one["status"] == "open"]

    def pay(self, invoice: dict[str, Any], *, share: float, out_of_band: bool) -> int:
        step = step_of(invoice["currency"].upper())
        amount = max(int(invoice["amount_remaining"] * share) // step * step, step)
        wish = {"invoice": invoice["id"], "amount": amount, "out_of_band": out_of_band}
        self.standin.control("POST", "pay", wish)
        self.follow_stripe()
        return amount

    def void(self, invoice: dict[str, Any]) -> None:
        self.standin.gateway._client.v1.invoices.void_invoice(invoice["id"])
        self.follow_stripe()
        self.run_jobs()

    def void_note(self, note: dict[str, Any]) -> None:
        self.standin.gateway._client.v1.credit_notes.void_credit_note(note["id"])
        self.follow_stripe()
        self.run_jobs()

    def give_at_stripe(self, line: dict[str, Any], amount: int) -> bool:
        """What a person does there by hand; whether Stripe took it."""
        with as_ops():
            stripe_id = Invoice.objects.get(pk=line["invoice_id"]).stripe_invoice_id
        there = self.standin.store.get("invoice", stripe_id)
        lines = {
            one["metadata"].get("trueback_line"): one
            for one in self.standin.store.children(stripe_id, "line_item")
        }
        of = lines[str(line["position"])]
        credited = {"type": "invoice_line_item", "invoice_line_item": of["id"], "amount": amount}
        gross = amount
        for tax in of["taxes"]:
            share = tax["amount"] * amount // of["amount"]
            share -= share % step_of(there["currency"].upper())
            rate = tax["tax_rate_details"]["tax_rate"]
            given = {"amount": share, "tax_rate": rate, "taxable_amount": amount}
            credited["tax_amounts"] = [given]
            gross += share
        asked = {"invoice": stripe_id, "lines": [credited]}
        if gross > there["amount_remaining"]:
            asked["credit_amount"] = gross - there["amount_remaining"]
        try:
            self.standin.gateway.create_credit_note(asked, key=new_id("key"))
        except RefusedByStripe:
            return False
        self.follow_stripe()
        self.run_jobs()
        return True

    def give(self, line: dict[str, Any], amount: int) -> bool:
        """Goodwill on a line, as a clerk gives it; whether the database took it."""
        try:
            with as_ops():
                self._give(line, amount)
        except IntegrityError:
            return False
        self.issue()
        return True

    def _give(self, line: dict[str, Any], amount: int) -> None:
        invoice = Invoice.objects.get(pk=line["invoice_id"])
        note = CreditNote.objects.create(
            note_id=new_id("cn"),
            customer_id=invoice.customer_id,
            invoice=invoice,
            period=invoice.period,
            kind="commercial",
            close_number=1,
            run_id=invoice.run_id,
            currency=invoice.currency,
            net_minor=amount,
            drafted_at=self.now,
        )
        add_note_lines(note, {invoice.lines.get(pk=line["id"]): amount})
        move_note(note, "issuing", actor="clara", cause=Cause("person"), now=self.now)
        settle_again(invoice)

    def change_plan(self, percent: int, *, anew: bool) -> None:
        """Acme's contract becomes dearer or cheaper, or is replaced by another one."""
        with as_ops():
            old = Contract.objects.filter(customer="acme", is_active=True).get()
            version = Plan.objects.filter(key="acme").count() + 1
            components = [{**_PLUS_20, "percent": str(percent)}]
            if anew:
                Contract.objects.filter(pk=old.pk).update(is_active=False)
                deal = replace(self.deal, components=components)
                self._make_contract("acme", deal, version)
                return
            deal = replace(self.deal, components=components)
            Contract.objects.filter(pk=old.pk).update(plan=self._make_plan("acme", version, deal))


_PLUS_20: Final = {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"}
_AT_ONCE: Final = {"up": "supplementary"}


def in_words(minor: int, currency: str) -> str:
    return f"{from_minor(minor, currency.upper())} {currency.upper()}"
