"""The review of an invoice, in its states."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from deploy.page_previews.numbers import PERIOD, numbers, usd
from deploy.sample_company.customers import CUSTOMERS, SELLER
from services.portal.domain.credits import (
    ChangedPart,
    CreditedPart,
    Placed,
    ShownCharge,
    ShownCredit,
)
from services.portal.domain.invoice_actions import ShownAction
from services.portal.domain.invoice_comparison import Against, Comparison, Ended
from services.portal.domain.invoice_document import Evidence, InvoiceHead, Line, Party, place
from services.portal.pages.invoice import (
    Event,
    InvoicePage,
    Neighbours,
    ParkedReason,
    ReviewedInvoice,
    Successor,
)

_CENT: Final = Decimal("0.01")


def _party(party: dict[str, Any], email: str = "") -> Party:
    address = party["address"]
    return Party(
        name=party["name"],
        address=[address["line1"], place(address)],
        email=email,
        tax_id=party.get("tax_id", ""),
    )


def _line(description: str, amount: Decimal, rate: str, change: str | None, why: str,
          evidence: tuple[tuple[str, Decimal], ...] = ()) -> Line:  # fmt: skip
    return Line(
        description=description,
        explanation=why,
        quantity=None,
        unit="",
        rate=rate,
        amount=usd(amount),
        change=None if change is None else Decimal(change),
        by=None if change is None else usd(amount - amount / (1 + Decimal(change))),
        why={"0.071": "Cost up 7.1%; price rule unchanged."}.get(change or "", ""),
        flags=["up over 30%"] if change and Decimal(change) > Decimal("0.3") else [],
        evidence=[Evidence(label, usd(value)) for label, value in evidence],
    )


def _event(state: str, label: str, day: int, actor: str, reason: str = "") -> Event:
    return Event(
        state=state,
        label=label,
        at=datetime(2026, 11, day, 9, 14 + day, tzinfo=UTC),
        actor=actor,
        reason=reason,
        digest=f"{day * 7919:04x}c1b7e90d5a32",
    )


def _action(name: str, label: str, tone: str = "", effect: str = "", *, needs_reason: bool = False,
            needs_confirmation: bool = False) -> ShownAction:  # fmt: skip
    return ShownAction(
        name=name,
        label=label,
        tone=tone,
        effect=effect,
        needs_reason=needs_reason,
        needs_confirmation=needs_confirmation,
        allowed=True,
        reason="",
    )


def _refused(name: str, label: str, reason: str) -> ShownAction:
    return replace(_action(name, label), allowed=False, reason=reason)


def acme_lines() -> list[Line]:
    month = next(one for one in numbers().tenants if one.key == "acme")
    usage = (month.cost * Decimal("1.32")).quantize(_CENT, rounding=ROUND_HALF_UP)
    return [
        _line(
            "Cloud usage, October 2026",
            usage,
            "cost + 32%",
            "0.071",
            "Your measured use of our infrastructure at cost, plus the 32% of your contract.",
            (("Yours alone", month.direct), ("Your share of what is shared", month.shared),
             ("32%", usage - month.cost)),
        ),
        _line("Platform fee, October 2026", Decimal("1800.00"), "flat", "0",
              "A fixed fee for each month, as in your contract."),
    ]  # fmt: skip


def _compared(total: Decimal, previous: str, usual: str, ended: str = "") -> Comparison:
    def against(base: str, months: int) -> Against:
        by = total - Decimal(base)
        return Against(usd(base), usd(by), by / Decimal(base), months)

    return Comparison(
        previous=against(previous, 1),
        usual=against(usual, 6),
        lines=[],
        ended=[Ended(ended, usd("250.00"))] if ended else [],
    )


def acme(state: str) -> ReviewedInvoice:
    customer = CUSTOMERS[0]
    lines = acme_lines()
    subtotal = sum((line.amount.amount for line in lines), Decimal(0))
    return ReviewedInvoice(
        id="inv-acme",
        number="",
        state=state,
        customer_key="globex",
        stripe_status="",
        stripe_url="",
        period=PERIOD,
        currency="USD",
        customer=_party(customer, customer["email"]),
        seller=_party(SELLER),
        purchase_order=customer["purchase_order"],
        issue_date=None,
        due_date=None,
        lines=lines,
        has_quantities=False,
        subtotal=usd(subtotal),
        tax=usd("0.00"),
        tax_note="none due, out of state",
        total=usd(subtotal),
        left=usd(subtotal),
        stripe_invoice_id="",
        comparison=_compared(subtotal, "15053.42", "14790.15"),
        payment="",
        paid_on=None,
        restated_by=None,
        restated_total=usd(subtotal),
        next_step="waits for an approver",
        days_until_due=30,
        disclosure="open_book",
        version=4,
        is_finished=state == "issued",
        parked=[],
        actions=[
            _action("approve", "Approve", "primary",
                    "Fixes the amount before tax. Nothing is sent yet."),
            _action("park", "Put on hold", needs_reason=True),
        ],
        refused_actions=[
            _refused("issue", "Issue", "It isn't approved yet."),
            _refused("void", "Void", "Only what was issued can be voided; return it to draft."),
        ],
        timeline=[
            _event("in_review", "Sent to review", 4, "Lena Fischer", "Checked against the close."),
            _event("draft", "Drafted again", 4, "trueback", "The bill was restated: support fee."),
            _event("draft", "Drafted", 3, "trueback", "Statement 2026-10, revision 1."),
        ],
    )  # fmt: skip


def acme_head(*, number: str, issue_date: date, due_date: date) -> dict[str, Any]:
    """What its customer's page of it has in common with the review, once it is issued."""
    issued = replace(acme("issued"), number=number, issue_date=issue_date, due_date=due_date)
    return {field.name: getattr(issued, field.name) for field in fields(InvoiceHead)}


def _page(invoice: ReviewedInvoice) -> InvoicePage:
    return InvoicePage(invoice=invoice, neighbours=Neighbours(None, "inv-globex", 1, 7))


def _nobody_may_act(invoice: ReviewedInvoice) -> ReviewedInvoice:
    return replace(invoice, actions=[], refused_actions=[])


def invoice() -> InvoicePage:
    return _page(acme("in_review"))


def parked_invoice() -> InvoicePage:
    customer = CUSTOMERS[1]
    line = _line("Platform fee, October 2026", Decimal("6900.00"), "flat", "0",
                 "A fixed fee for each month, as in your contract.")  # fmt: skip
    parked = replace(
        acme("parked"),
        id="inv-globex",
        customer=_party(customer, customer["email"]),
        purchase_order=customer["purchase_order"],
        lines=[replace(line, flags=["below cost"])],
        subtotal=usd("6900"),
        total=usd("6900"),
        comparison=_compared(Decimal(6900), "6900", "6900"),
        disclosure="closed",
        parked=[
            ParkedReason("The month's cost is $772.37 above the charge.",
                         "Look at its NAT traffic since 9 October, then release with a reason."),
            ParkedReason("Cost is 41% above last month's, over the limit of 30%.",
                         "Release with a reason, or wait for the next restatement."),
        ],
        actions=[_action("release", "Release to review", "primary", needs_reason=True)],
        refused_actions=[_refused("approve", "Approve", "It is on hold, not in review.")],
        timeline=[
            _event("parked", "Put on hold", 3, "trueback", "Negative margin; cost up 41%."),
            _event("draft", "Drafted", 3, "trueback", "Statement 2026-10, revision 1."),
        ],
    )  # fmt: skip
    return InvoicePage(invoice=parked, problem="It is on hold. Release it with a reason first.")


def first_invoice() -> InvoicePage:
    """Nothing to compare with, and nobody here may act."""
    nothing = Comparison(previous=None, usual=None, lines=[], ended=[])
    lines: Sequence[Line] = [replace(line, change=None, by=None, why="") for line in acme_lines()]
    return _page(_nobody_may_act(replace(acme("draft"), comparison=nothing, lines=lines)))


def restated_draft() -> InvoicePage:
    """What the restatement would change, before anybody approves it."""
    return _page(
        replace(acme("in_review"), restated_by=usd("12.30"), restated_total=usd("16014.08"))
    )


def approved_invoice() -> InvoicePage:
    """Issuing can't be taken back: it is confirmed."""
    issue = _action("issue", "Issue through Stripe", "primary",
                    "Stripe numbers it and sends it to the customer.",
                    needs_confirmation=True)  # fmt: skip
    return _page(replace(acme("approved"), actions=[issue], refused_actions=[]))


def void_invoice() -> InvoicePage:
    """Discarded; another was drafted in its place."""
    void = replace(
        _nobody_may_act(acme("void")),
        is_finished=True,
        next_step="nothing is left to do",
        payment="Cancelled: nothing is to pay.",
    )
    return replace(_page(void), successor=Successor("inv-globex", ""))


def credit(*places: str) -> ShownCredit:
    """Each of `places` has all of it."""
    return ShownCredit(
        note_id="cn-1",
        number="CN-2026-0007",
        issued_on=date(2026, 11, 20),
        total=usd("-212.64"),
        reasons=["AWS has corrected its bill for October 2026."],
        parts=[
            CreditedPart("Cloud usage: Compute", usd("-180.14")),
            CreditedPart("Cloud usage: Shared NAT", usd("-32.50")),
        ],
        places=[Placed(usd("212.64"), words) for words in places],
        month=PERIOD,
        changed=[
            ChangedPart(name, usd(before), usd(after), usd(Decimal(after) - Decimal(before)))
            for name, before, after in (
                ("Cloud usage: Compute", "4618.20", "4438.06"),
                ("Cloud usage: Shared NAT", "402.11", "369.61"),
            )
        ],
    )


def charge() -> ShownCharge:
    return ShownCharge(
        month=PERIOD.previous,
        corrects="LF-2026-0116",
        total=usd("72.30"),
        reasons=["Usage data of September 2026 arrived late."],
        changed=[
            ChangedPart("Cloud usage: Compute", usd("4018.20"), usd("4090.50"), usd("72.30")),
        ],
    )


def credited_invoice() -> InvoicePage:
    """Paid, and then AWS restated its month."""
    page = restated_invoice()
    on_balance = credit("is on the balance and reduces the next invoice")
    invoice = replace(
        page.invoice,
        state="paid",
        stripe_status="paid",
        paid_on=date(2026, 11, 18),
        payment="Paid.",
        restated_by=None,
        next_step="nothing is left to do",
        credits=[on_balance],
    )
    return replace(page, invoice=invoice)


def restated_invoice() -> InvoicePage:
    issued = replace(
        _nobody_may_act(acme("issued")),
        number="LF-2026-0134",
        stripe_status="open",
        stripe_invoice_id="in_1R9xLk2eZvKYlo2C",
        stripe_url="https://invoice.example/0134",
        issue_date=date(2026, 11, 4),
        due_date=date(2026, 12, 4),
        payment="Nothing is paid yet.",
        restated_by=usd("-212.64"),
        restated_total=usd("15789.14"),
        next_step="the next close of the month corrects it",
        comparison=_compared(Decimal("16002.10"), "15053.42", "14790.15", "Migration support"),
        timeline=[
            _event("issued", "Issued", 4, "Stripe", "Stripe numbered and sent it."),
            _event("issuing", "Sent to Stripe", 4, "Clara Diaz"),
            _event("approved", "Approved", 4, "Bruno Keller"),
            _event("in_review", "Sent to review", 4, "Clara Diaz"),
            _event("draft", "Drafted", 3, "trueback", "2026-10 was closed."),
        ],
    )
    return _page(issued)
