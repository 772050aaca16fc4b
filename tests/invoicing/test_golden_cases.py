"""The golden cases of true-up, a file each: what happens, its documents, and what is billed.

Cases that are closed on the same days are closed together, each by a customer of its own: a month
is closed once for all of them, as it is for all customers.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from services.invoicing.models import (
    Contract,
    CreditNote,
    Customer,
    Debit,
    Invoice,
    Plan,
    PlansApplication,
    TrueUpAccount,
)
from services.invoicing.operations.act_on_account import act_on_account
from services.invoicing.operations.add_note_lines import add_note_lines
from services.invoicing.operations.draft_invoices import draft_invoices
from services.invoicing.operations.draw_grants import put_grants
from services.invoicing.operations.follow_stripe import follow_stripe
from services.invoicing.operations.move_invoice import move_invoice
from services.invoicing.operations.move_note import move_note
from services.invoicing.operations.record_close import record_close
from services.invoicing.operations.settle_accounts import settle_accounts
from services.invoicing.queries.corrections import read_corrections
from services.invoicing.queries.invoice_fact import invoice_fact
from services.invoicing.queries.invoice_files import invoice_content, invoice_pdf
from services.invoicing.queries.note_files import note_content, note_pdf
from shared.auth.actors import Actor
from shared.contracts.attribution import PERIOD_CLOSED, CloseCause
from shared.contracts.invoicing import Cause
from shared.exact import shortened
from shared.identifiers import new_id
from shared.isolation.scope import as_ops
from shared.money import Money
from shared.vocabulary.invoice_states import State
from tests.invoicing.test_accounts import issue

FOLDER = Path(__file__).with_name("golden")
COUNT = 47
FIRST_DAY, DAY = "2026-11-03", "2026-11-20"
USUAL = {
    "tenants": ["acme"],
    "currency": "USD",
    "true_up": {"up": "supplementary"},
    "components": [
        {"kind": "cost_plus", "name": "Cloud usage", "percent": "20"},
        {"kind": "flat_fee", "name": "Platform fee", "amount": "499.00"},
    ],
}
PLACES = ("remaining", "balance", "refund", "out_of_band")
# Cases are looked at one by one: their month has no other customers.
OFF = dict.fromkeys(("share_of_invoiced", "one_direction", "bill_falls"), "1000000")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


FILES = {int(path.name[:2]): path for path in sorted(FOLDER.glob("*.json"))}
CASES = {number: read(path) for number, path in FILES.items()}


def test_each_case_has_its_file():
    assert sorted(CASES) == list(range(1, COUNT + 1))
    assert [case["case"] for case in CASES.values()] == sorted(CASES)


def together(case):
    """What cases must have alike to be closed at once."""
    days = tuple(step.get("closed_at", DAY) for step in case["steps"])
    causes = tuple(tuple(step.get("causes", ["bill"])) for step in case["steps"])
    is_usual = set(days) <= {DAY} and set(causes) <= {("bill",)} and "brake" not in case
    return (
        "usual"
        if is_usual
        else (days[:1], causes[:1], *((case["case"],) if "brake" in case else ()))
    )


def name_of(case):
    return f"case{case['case']:02d}"


@dataclass
class Group:
    """Cases that are closed together; `seen` is what was observed of each, in order."""

    cases: list[dict[str, Any]]
    costs: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    seen: dict[int, list[Any]] = field(default_factory=dict)
    number: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    given_taxes: dict[int, list[str]] = field(default_factory=dict)
    papers: dict[int, list[dict[str, Any]]] = field(default_factory=dict)

    def run(self, monkeypatch):
        for module in ("draft_invoices", "settle_accounts"):
            monkeypatch.setattr(
                f"services.invoicing.operations.{module}.statement_costs",
                lambda *_a, **_k: self.costs,
            )
        with as_ops():
            brake = OFF if all("brake" not in case for case in self.cases) else {}
            PlansApplication.objects.create(brake=brake)
            for case in self.cases:
                self.agree(case)
        self.close(FIRST_DAY)
        for case in self.cases:
            self.seen[case["case"]] = [self.invoiced(case)]
        for index in range(max(len(case["steps"]) for case in self.cases)):
            self.step(index, [case for case in self.cases if len(case["steps"]) > index])
        following = [case for case in self.cases if "following" in case]
        for case in following:
            self.go_on(case)
        for case in following:
            self.follow(case)
        with as_ops():
            self.papers = {case["case"]: papers_of(name_of(case)) for case in self.cases}

    def agree(self, case):
        name, terms = name_of(case), {**USUAL, **case.get("terms", {})}
        plan = Plan.objects.create(
            plan_id=f"{name}@1",
            key=name,
            version=1,
            name="Standard",
            currency=terms["currency"],
            components=terms["components"],
        )
        customer = Customer.objects.create(
            customer_id=name, name=name, email="ap@acme.example", seller={"key": "seller"}
        )
        ends_on = terms.get("ends_on")
        rate = terms.get("rate")
        contract = Contract.objects.create(
            contract_id=name,
            customer=customer,
            plan=plan,
            plan_name=plan.name,
            tenants=[f"{name}-{tenant}" for tenant in terms["tenants"]],
            starts_on=date(2026, 1, 1),
            ends_on=None if ends_on is None else date.fromisoformat(ends_on),
            currency=terms["currency"],
            fx={"rate": rate, "source": "ECB", "date": "2026-10-31"} if rate else {},
            true_up=terms["true_up"],
            grants=terms.get("grants", []),
            tax=terms.get("tax", {}),
            disclosure="closed",
            days_until_due=30,
        )
        put_grants([contract])
        self.cost(case, case["costs"])

    def cost(self, case, costs):
        name = name_of(case)
        for tenant in [tenant for tenant in self.costs if tenant.startswith(f"{name}-")]:
            del self.costs[tenant]
        self.costs |= {
            f"{name}-{tenant}": {group: Decimal(amount) for group, amount in groups.items()}
            for tenant, groups in costs.items()
        }

    def close(self, day, *, causes=("bill",), period="2026-10"):
        is_october = period == "2026-10"
        self.number += is_october
        fact = replace(
            PERIOD_CLOSED.example,
            period=period,
            version=self.number,
            number=self.number if is_october else 1,
            run_id=f"run_{self.number}",
            run_version=self.number,
            closed_at=datetime.combine(date.fromisoformat(day), time(12), tzinfo=UTC),
            causes=[CloseCause(one, "", Decimal(0), Decimal(0)) for one in causes]
            if is_october and self.number > 1
            else [],
        )
        with as_ops():
            record_close(fact)
        if is_october and self.number > 1:
            settle_accounts(period=period)
        else:
            draft_invoices(period=period)
            with as_ops():
                drafts = list(
                    Invoice.objects.filter(period=period, number="").exclude(state="void")
                )
            for draft in drafts:
                issue(draft)
                self.conclude(draft, day)

    def conclude(self, invoice, day):
        """As Stripe does."""
        with as_ops():
            Invoice.objects.filter(pk=invoice.pk).update(
                state=State.ISSUED,
                number=self.number_of(invoice),
                issued_at=datetime.combine(date.fromisoformat(day), time(13), tzinfo=UTC),
            )
            Debit.objects.filter(invoice=invoice).update(state="issued")
            label = "I" if invoice.kind == "standard" else self.next_debit(invoice)
            self.labels.setdefault(invoice.pk, label)

    def number_of(self, invoice):
        """One a customer, in the order in which they were issued."""
        issued = Invoice.objects.filter(customer=invoice.customer_id).exclude(number="")
        return f"{invoice.customer_id}-{issued.count() + 1:02d}"

    def next_debit(self, invoice):
        of_customer = Invoice.objects.filter(customer=invoice.customer_id, kind="supplementary")
        return f"D{of_customer.exclude(number='').count()}"

    def invoiced(self, case):
        with as_ops():
            invoice = Invoice.objects.filter(customer=name_of(case), period="2026-10").first()
            if invoice is None:
                return []
            if "paid" in case:
                state = State.PAID if case["paid"] == "2311.69" else State.ISSUED
                Invoice.objects.filter(pk=invoice.pk).update(state=state)
            return lines_of(invoice.lines.order_by("position"), invoice.currency)

    def step(self, index, cases):
        for case in cases:
            step = case["steps"][index]
            if "plan_percent" in step:
                self.raise_plan(case, step["plan_percent"])
            taxes = [
                self.give(case, amount, kind="standard", charge_group=group)
                for group, amount in step.get("given", [])
            ]
            if "given_tax" in step:
                self.given_taxes[case["case"]] = taxes
            self.cost(case, step["costs"])
            if step.get("voided"):
                self.void(case, "2026-10")
        first = cases[0]["steps"][index]
        day = first.get("closed_at", DAY)
        self.close(day, causes=first.get("causes", ["bill"]))
        documents = {case["case"]: self.documents(case) for case in cases}
        for case in cases:
            if case["steps"][index].get("reissued"):
                documents[case["case"]].append(self.reissue(case, day))
        waiting = self.figures()
        left = {name_of(case) for case in cases if case["steps"][index].get("is_left")}
        self.issue_all(day, left)
        figures = self.figures()
        for case in cases:
            number, step = case["case"], case["steps"][index]
            seen = {"documents": documents[number], "figures": figures[name_of(case)]}
            if "given_tax" in step:
                seen["given_tax"] = self.given_taxes[number]
            if "waiting" in step:
                seen["waiting"] = waiting[name_of(case)]
            self.seen[number].append(seen)

    def raise_plan(self, case, percent):
        with as_ops():
            contract = Contract.objects.select_related("plan").get(pk=name_of(case))
            components = [
                {**one, "percent": percent} if "percent" in one else one
                for one in contract.plan.components
            ]
            contract.plan = Plan.objects.create(
                plan_id=f"{contract.pk}@2",
                key=contract.pk,
                version=2,
                name="Standard",
                currency=contract.currency,
                components=components,
            )
            contract.save()

    def void(self, case, period):
        """By hand, at Stripe."""
        there = SimpleNamespace(
            status="void", paid_minor=0, overpaid_minor=0, remaining_minor=0, paid_at=None
        )
        with as_ops():
            invoice = Invoice.objects.get(customer=name_of(case), period=period)
            follow_stripe(invoice, there, [], now=datetime(2026, 11, 10, tzinfo=UTC))

    def reissue(self, case, day):
        """By an approver, and issued."""
        with as_ops():
            account = TrueUpAccount.objects.get(customer=name_of(case))
            act_on_account(
                account_id=account.pk,
                action="reissue",
                actor=Actor("bruno", "billing_approver"),
                reason="the customer has asked for it",
                now=datetime.combine(date.fromisoformat(day), time(13), tzinfo=UTC),
            )
            draft = Invoice.objects.get(reissues__customer=name_of(case))
        issue(draft)
        self.conclude(draft, day)
        with as_ops():
            draft.refresh_from_db()
            lines = lines_of(draft.lines.order_by("position"), draft.currency)
        return {"kind": "invoice", "state": draft.state, "lines": lines}

    def give(self, case, amount, *, period="2026-10", kind="standard", **of_line):
        """By a person, and issued; its tax."""
        with as_ops():
            invoice = Invoice.objects.get(customer=name_of(case), kind=kind, period=period)
            line = invoice.lines.get(**of_line)
            minor = Money(Decimal(amount), invoice.currency).to_minor()
            note = CreditNote.objects.create(
                note_id=new_id("cn"),
                customer_id=invoice.customer_id,
                invoice=invoice,
                period=invoice.period,
                kind="commercial",
                close_number=1,
                run_id="run_1",
                currency=invoice.currency,
                net_minor=minor,
                drafted_at=datetime(2026, 11, 10, tzinfo=UTC),
            )
            add_note_lines(note, {line: minor})
            self.conclude_note(note, "2026-11-10")
            return text(note.tax_minor, note.currency)

    def conclude_note(self, note, day):
        move_note(
            note,
            State.ISSUED,
            actor="stripe",
            cause=Cause("finalised", {"number": "1"}),
            now=datetime.combine(date.fromisoformat(day), time(13), tzinfo=UTC),
            number=f"{note.invoice.number}-CN-{issued_notes(note.invoice) + 1:02d}",
            issued_at=datetime.combine(date.fromisoformat(day), time(13), tzinfo=UTC),
            settlement=settled(note),
        )

    def documents(self, case):
        """What the newest close has made, the newest document that is corrected first."""
        with as_ops():
            notes = CreditNote.objects.filter(
                customer=name_of(case), kind="true_up", close_number=self.number
            ).exclude(state=State.VOID)
            made = [
                {
                    "kind": "credit_note",
                    "corrects": self.labels[note.invoice_id],
                    "state": note.state,
                    "lines": lines_of(
                        [line.invoice_line for line in note.lines.order_by("position")],
                        note.currency,
                        [line.amount_minor for line in note.lines.order_by("position")],
                    ),
                    **why(note.parked_for),
                    **(
                        {"tax": text(note.tax_minor, note.currency)}
                        if "tax" in case.get("terms", {})
                        else {}
                    ),
                }
                for note in notes.order_by("-invoice__issued_at", "note_id")
            ]
            for debit in Debit.objects.filter(
                customer=name_of(case), close_number=self.number
            ).exclude(state="discarded"):
                on = debit.invoice
                made.append(
                    {
                        "kind": "debit",
                        "state": debit.state if on is None else on.state,
                        "lines": [
                            [
                                key["charge_group"] or key["component"],
                                text(minor, debit.account.currency),
                            ]
                            for key, minor in debit.lines
                        ],
                        **(why(on.parked_for or []) if on is not None else {}),
                    }
                )
            return made

    def issue_all(self, day, left):
        """Whoever has to has looked at it, and Stripe has it."""
        with as_ops():
            for note in (
                CreditNote.objects.filter(kind="true_up")
                .exclude(state__in=[State.ISSUED, State.VOID])
                .order_by("invoice__number")
            ):
                if note.customer_id not in left:
                    if note.state != State.ISSUING:
                        TrueUpAccount.objects.filter(pk=note.account_id).update(
                            auto_approved_minor=0
                        )
                    self.conclude_note(note, day)
            waiting = list(
                Invoice.objects.filter(kind="supplementary", number="")
                .exclude(customer__in=left)
                .exclude(state=State.VOID)
            )
            for extra in waiting:
                if extra.state != State.ISSUING:
                    accounts = Debit.objects.filter(invoice=extra).values("account")
                    TrueUpAccount.objects.filter(pk__in=accounts).update(auto_approved_minor=0)
                move_invoice(
                    extra, State.ISSUING, actor="bruno", cause=Cause("person"), now=extra.drafted_at
                )
        for extra in waiting:
            self.conclude(extra, day)

    def figures(self):
        with as_ops():
            rows = read_corrections("2026-10")
        return {
            row["customer"]: {name: row[name] for name in ("target", "billed", "carried", "waived")}
            for row in rows
        }

    def go_on(self, case):
        """What is other in the month after; it is closed for all at once."""
        following = case["following"]
        if "costs" in following:
            self.cost(case, following["costs"])
        if "tax" in following:
            with as_ops():
                Contract.objects.filter(pk=name_of(case)).update(tax=following["tax"])

    def follow(self, case):
        following = case["following"]
        self.close(following["closed_at"], period=following["period"])
        with as_ops():
            invoice = Invoice.objects.get(customer=name_of(case), period=following["period"])
            carried = lines_of(invoice.lines.filter(kind="correction"), invoice.currency)
        if following.get("voided"):
            self.void(case, following["period"])
        seen = {"lines": carried, "figures": self.figures()[name_of(case)]}
        if "taxes" in following:
            seen["taxes"] = [
                [str(shortened(one.percent)), str(one.tax)] for one in invoice_taxes(invoice)
            ]
            seen["given_tax"] = [
                self.give(
                    case,
                    amount,
                    period=following["period"],
                    kind=invoice.kind,
                    account__isnull=False,
                )
                for amount in following["given"]
            ]
        self.seen[case["case"]].append(seen)


def invoice_taxes(invoice):
    with as_ops():
        return invoice_fact(invoice).taxes


def settled(note):
    """Where Stripe puts it: off what remains, and what was paid already by the contract's terms."""
    invoice, case = note.invoice, CASES[int(note.customer_id.removeprefix("case"))]
    paid = Money(Decimal(case.get("paid", "0")), note.currency).to_minor()
    before = sum(one["remaining"] for one in earlier_settlements(invoice))
    tax = sum(one or 0 for one in invoice.lines.values_list("tax_minor", flat=True))
    left = max(invoice.total_minor + tax - paid - before, 0)
    remaining = min(note.net_minor + note.tax_minor, left)
    where = case.get("terms", {}).get("true_up", {}).get("down_paid", "balance")
    rest = note.net_minor + note.tax_minor - remaining
    return {**dict.fromkeys(PLACES, 0), "remaining": remaining, where: rest}


def earlier_settlements(invoice):
    return invoice.credit_notes.exclude(number="").values_list("settlement", flat=True)


def issued_notes(invoice):
    return invoice.credit_notes.exclude(number="").count()


def papers_of(customer):
    """What its customer gets of each document: all that it says, and which bytes that makes."""
    invoices = Invoice.objects.filter(customer=customer).exclude(number="")
    notes = CreditNote.objects.filter(customer=customer).exclude(number="")
    return [
        *(
            paper(invoice.number, invoice_content(invoice), invoice_pdf(invoice))
            for invoice in invoices.order_by("number")
        ),
        *(
            paper(note.number, note_content(note), note_pdf(note))
            for note in notes.select_related("invoice").order_by("number")
        ),
    ]


def paper(number, content, pdf):
    return {
        "number": number,
        "pdf_sha256": hashlib.sha256(pdf).hexdigest(),
        "content": json.loads(json.dumps(content)),
    }


def why(parked_for):
    return {"why": sorted(cause["code"] for cause in parked_for)} if parked_for else {}


def text(minor, currency):
    return str(Money.from_minor(minor, currency).amount)


def lines_of(lines, currency, amounts=None):
    amounts = amounts or [line.amount_minor for line in lines]
    return [
        [line.charge_group or line.component, text(minor, currency)]
        for line, minor in zip(lines, amounts, strict=True)
    ]


STEP = ("documents", "figures", "waiting", "given_tax")
FOLLOWING = ("lines", "figures", "taxes", "given_tax")


def expected(case):
    yield case["invoice"]
    for step in case["steps"]:
        yield {name: step[name] for name in STEP if name in step}
    if "following" in case:
        yield {name: case["following"][name] for name in FOLLOWING if name in case["following"]}


RUN: dict[Any, Group] = {}


@pytest.fixture
def group_of(request, monkeypatch, settings):
    """What was seen of the cases that are closed together; the first of them runs them all."""

    def group_of(case):
        key = case["case"] if "waits_for" in case else together(case)
        if key not in RUN:
            request.getfixturevalue("transactional_db")
            settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
                update={"stripe_api_key": SecretStr("sk_test_1")}
            )
            of_key = [
                one
                for one in CASES.values()
                if one is case or ("waits_for" not in one and together(one) == key)
            ]
            group = Group(of_key)
            group.run(monkeypatch)
            RUN[key] = group
        return RUN[key]

    return group_of


def marked(number, case):
    waits = case.get("waits_for")
    marks = [pytest.mark.xfail(strict=True, reason=f"waits for {waits}")] if waits else []
    return pytest.param(case, id=FILES[number].stem, marks=marks)


@pytest.mark.parametrize("case", [marked(*one) for one in CASES.items()])
def test_a_case_comes_to_what_its_file_says(case, group_of):
    if "successor" in case:
        pytest.fail("nothing here can do it yet")
    assert group_of(case).seen[case["case"]] == list(expected(case))


@pytest.mark.parametrize("case", [marked(*one) for one in CASES.items()])
def test_a_case_gives_its_customer_the_documents_of_its_file(case, group_of):
    """WRITE_GOLDEN=1 writes them anew: then each difference is to be looked at."""
    file = FOLDER / "documents" / FILES[case["case"]].name
    papers = group_of(case).papers[case["case"]]
    if "WRITE_GOLDEN" in os.environ and "waits_for" not in case:
        file.parent.mkdir(exist_ok=True)
        text_of = json.dumps(papers, indent=1, ensure_ascii=False)
        file.write_text(f"{text_of}\n", encoding="utf-8")
    assert papers == read(file)
