"""The cast and a month of facts, recorded the way messages are."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.test.client import ClientHandler

from services.portal.models import User
from services.portal.operations.record_facts import (
    record_bill,
    record_close,
    record_customer,
    record_invoice,
    record_margin,
    record_period,
)
from services.portal.operations.sign_in_links import put_user
from services.portal.views.sign_in import BACKEND
from services.portal.views.subjects import keep_subject
from shared.contracts.attribution import (
    MARGIN_MEASURED,
    PERIOD_ATTRIBUTED,
    PERIOD_CLOSED,
    CostLine,
    MarginMeasured,
    PeriodAttributed,
    PoolMeasured,
    Totals,
)
from shared.contracts.bases import FeeDays, Markup
from shared.contracts.ingestion import SNAPSHOT_PUBLISHED
from shared.contracts.invoicing import (
    INVOICE_DRAFTED,
    ActionFact,
    Cause,
    CustomerContracted,
    InvoiceFact,
    InvoiceLineFact,
    Refusal,
    TransitionFact,
)
from shared.isolation.scope import as_ops

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
PERIOD = "2026-10"
CAST = {
    "olivia": ("Olivia Marsh", "operator_admin", ""),
    "vic": ("Vic Stone", "operator_viewer", ""),
    "clara": ("Clara Diaz", "billing_clerk", ""),
    "bruno": ("Bruno Keller", "billing_approver", ""),
    "ann": ("Ann Lee", "customer_admin", "acme"),
    "fred": ("Fred Foreign", "customer_member", "foreign"),
}
# Costs that no customer's page may ever show; revenue of acme is open book in some tests.
COSTS = {
    "acme": Decimal("101.1676666667"),
    "foreign": Decimal("7077.7000000001"),
    "trial": Decimal("33.3333333333"),
}
SHARED, UNMETERED = Decimal("20.0000000001"), Decimal("1.25")
OVERHEAD, UNALLOCATED, EXCLUDED = Decimal("40.5"), Decimal("8.25"), Decimal("1.0000000003")


def put_cast() -> None:
    with as_ops():
        for name, (full_name, role, customer) in CAST.items():
            put_user(name=name, full_name=full_name, role=role, customer=customer)


# One for all, as a server has: to load the middleware is to look for all static files.
_HANDLER = ClientHandler(enforce_csrf_checks=False)


def sign_in(client: Client, user: User) -> None:
    """The session that a sign-in leaves; to log in as Django does takes longer than most pages."""
    session = SessionStore()
    session[SESSION_KEY] = user.pk
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    keep_subject(session, user)
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


def client_of(name: str) -> Client:
    """Signed in; an error of ours is an answer here, as it is for a browser."""
    client = Client(raise_request_exception=False)
    client.handler = _HANDLER
    with as_ops():
        sign_in(client, User.objects.get(name=name))
    return client


def period_fact(**changed: Any) -> PeriodAttributed:
    attributed = sum(COSTS.values(), Decimal(0))
    totals = Totals(
        bill=attributed + OVERHEAD + UNALLOCATED + EXCLUDED,
        attributed=attributed,
        overhead=OVERHEAD,
        unallocated=UNALLOCATED,
        excluded=EXCLUDED,
        difference=Decimal(0),
    )
    fact = replace(
        PERIOD_ATTRIBUTED.example, run_id="run_1", totals=totals, pools=[pool_measured()]
    )
    return replace(fact, **changed)


def pool_measured(**changed: Any) -> PoolMeasured:
    """The one pool of `margin_fact`: the parts of three tenants and what nobody used."""
    pool = replace(
        PERIOD_ATTRIBUTED.example.pools[0],
        cost=3 * SHARED + UNMETERED,
        unmetered=UNMETERED,
        fallback_cost=Decimal("3.5"),
    )
    return replace(pool, **changed)


def days_of(lines: list[CostLine]) -> dict[str, list[Decimal]]:
    """Each group's amount on the month's 31 days, the last of which takes what is left."""
    found = {}
    for line in lines:
        day = (line.amount / 31).quantize(Decimal("0.01"))
        found[line.charge_group] = [day] * 30 + [line.amount - 30 * day]
    return found


def margin_fact(tenant: str, revenue: str | None = None, **changed: Any) -> MarginMeasured:
    cost = COSTS[tenant]
    fact = replace(
        MARGIN_MEASURED.example,
        tenant=tenant,
        tenant_name=tenant.title(),
        version=1_000_000,
        run_id="run_1",
        cost=cost,
        direct_cost=cost - SHARED,
        shared_cost=SHARED,
        revenue=None if revenue is None else Decimal(revenue),
        revenue_basis="unknown" if revenue is None else "draft",
        lines=[
            CostLine("Compute", "label", cost - SHARED),
            CostLine("pool:nat", "pool-signal", SHARED),
        ],
    )
    fact = replace(fact, **changed)
    return fact if "daily" in changed else replace(fact, daily=days_of(fact.lines))


def customer_fact(key: str, **changed: Any) -> CustomerContracted:
    fact = CustomerContracted(
        customer=key,
        name=f"{key.title()} & Sons",
        email=f"ap@{key}.example",
        tenants=[key],
        plan="Standard",
        disclosure="closed",
        version=1,
    )
    return replace(fact, **changed)


CLERKS = ["billing_clerk", "billing_approver"]


def actions(state: str, *, not_by: tuple[str, ...] = ()) -> list[ActionFact]:
    """As invoicing writes them."""
    needs = {"submit": "draft", "approve": "in_review", "issue": "approved", "release": "parked"}
    found = [
        ActionFact(
            name=name,
            roles=["billing_approver"] if name in {"approve", "release"} else CLERKS,
            refused=None if state == needed else Refusal("state", state, [needed]),
            not_by=list(not_by) if name == "approve" else [],
        )
        for name, needed in needs.items()
    ]
    is_open = state in {"draft", "in_review", "approved"}
    why = None if is_open else Refusal("state", state, ["approved", "draft", "in_review"])
    return [*found, ActionFact(name="park", roles=CLERKS, refused=why)]


def invoice_fact(customer: str, state: str = "draft", **changed: Any) -> InvoiceFact:
    is_issued = state in {"issued", "paid", "overdue", "void"}
    cost = COSTS[customer] - SHARED
    lines = [
        InvoiceLineFact(
            position=1,
            description="Cloud usage: Compute",
            component="Cloud usage",
            kind="cost_plus",
            quantity=None,
            unit_amount=None,
            amount=(cost * Decimal("1.2")).quantize(Decimal("0.01")),
            service_start=date(2026, 10, 1),
            service_end=date(2026, 11, 1),
            tenant=customer,
            basis=Markup(Decimal(20)),
            cost=cost,
            charge_group="Compute",
        ),
        InvoiceLineFact(
            position=2,
            description="Platform fee",
            component="Platform fee",
            kind="flat_fee",
            quantity=None,
            unit_amount=None,
            amount=Decimal("499.00"),
            service_start=date(2026, 10, 1),
            service_end=date(2026, 11, 1),
            tenant=customer,
            basis=FeeDays("month", 31, 31),
        ),
    ]
    fact = replace(
        INVOICE_DRAFTED.example,
        invoice_id=f"inv_{customer}",
        customer=customer,
        customer_name=f"{customer.title()} & Sons",
        period=PERIOD,
        version=1,
        state=state,
        total=sum((line.amount for line in lines), Decimal(0)),
        lines=lines,
        seller={"name": "Larkfield", "line1": "1 Seller Street"},
        buyer={"name": f"{customer.title()} & Sons", "email": f"ap@{customer}.example"},
        number=f"{customer.upper()}-0001" if is_issued else "",
        issued_at=NOW if is_issued else None,
        due_at=datetime(2026, 12, 3, tzinfo=UTC) if is_issued else None,
        history=[
            TransitionFact(
                "", "draft", "trueback", Cause("person", text="Staffonly: drafted."), NOW
            )
        ],
        actions=actions(state),
    )
    return replace(fact, **changed)


def record_month(*, acme: str = "issued", foreign: str = "issued") -> None:
    """A closed month: acme and foreign are billed, trial has no contract."""
    with as_ops():
        record_bill(SNAPSHOT_PUBLISHED.example)
        record_period(period_fact())
        record_close(replace(PERIOD_CLOSED.example, run_id="run_1"))
        record_margin(margin_fact("acme", "597.40"))
        record_margin(margin_fact("foreign", "5000.00"))
        record_margin(margin_fact("trial"))
        for key, state in (("acme", acme), ("foreign", foreign)):
            record_customer(customer_fact(key))
            record_invoice(invoice_fact(key, state))
