"""What clerks, approvers and customers do in the sample: from drafts to invoices that are paid."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from deploy.local.api_client import SPARING_SECONDS, ApiClient, Refused, persist
from deploy.local.servers import Servers
from deploy.local.waiting import Patience
from deploy.sample_company.configuration import customers_of
from deploy.sample_company.months import SampleMonth
from shared.auth.actors import Actor
from shared.vocabulary.invoice_states import State, StripeStatus
from shared.vocabulary.roles import Role

CLARA: Final = Actor("clara", Role.BILLING_CLERK)
BRUNO: Final = Actor("bruno", Role.BILLING_APPROVER)
_STEPS: Final = (
    ("submit", CLARA, State.DRAFT),
    ("approve", BRUNO, State.IN_REVIEW),
    ("issue", CLARA, State.APPROVED),
)
_ISSUED: Final = frozenset({State.ISSUED, State.PAID})
# A correction that nobody has to look at, or that has not been judged yet.
_ON_ITS_WAY: Final = frozenset({State.DRAFT, State.APPROVED, State.ISSUING})


@dataclass
class Billing:
    """Doing any of it again changes nothing."""

    servers: Servers
    client: ApiClient
    patience: Patience

    def drafts(self, month: SampleMonth) -> list[Any]:
        count = len(customers_of(month))

        def look() -> list[Any] | None:
            invoices = self.invoices(month)
            return invoices if len(invoices) >= count else None

        return self.patience.until(f"{count} invoices of {month}", look, poll=SPARING_SECONDS)

    def invoices(self, month: SampleMonth | str | None = None) -> list[Any]:
        """Of a month, or all."""
        query = f"?period={month}" if month else ""
        path = f"/api/v2/invoices{query}"
        invoices: list[Any] = self.client.call(CLARA, "invoicing", "GET", path)["data"]
        return invoices

    def send(self, invoices: Iterable[Any]) -> list[Any]:
        """Those that nothing parks: submitted by one person, approved by another, to be issued."""
        chosen = [invoice for invoice in invoices if not invoice["parked_reasons"]]
        moved = chosen
        for step in _STEPS:
            moved = [self._move(invoice, *step) for invoice in moved]
        return chosen

    def issued(self, sent: Sequence[Any]) -> list[Any]:
        return self._once_all(sent, _ISSUED, "issued invoice")

    def be_paid(self, issued: Sequence[Any]) -> list[Any]:
        for invoice in issued:
            self._pay(invoice["stripe_invoice_id"])
        return self._once_all(issued, {State.PAID}, "paid invoice")

    def _move(self, invoice: Any, action: str, actor: Actor, before: str) -> Any:
        if invoice["state"] != before:
            return invoice
        body = {"version": invoice["version"], "reason": ""}
        return self._act(actor, f"{_path(invoice)}/actions/{action}", body, before)

    def _act(self, actor: Actor, path: str, body: dict[str, Any], before: str) -> Any:
        """A command whose answer was lost may have worked: the state is not `before` any more."""
        try:
            return self.client.call(actor, "invoicing", "POST", path, body)
        except Refused:
            place = path.partition("/actions/")[0]
            invoice = self.client.call(actor, "invoicing", "GET", place)
            if invoice["state"] == before:
                raise
            return invoice

    def _once_all(self, invoices: Sequence[Any], states: Iterable[str], what: str) -> list[Any]:
        return [
            self.patience.until(what, self._in_state(invoice, states), poll=SPARING_SECONDS)
            for invoice in invoices
        ]

    def _in_state(self, invoice: Any, states: Iterable[str]) -> Callable[[], Any | None]:
        def look() -> Any | None:
            shown = self.client.call(CLARA, "invoicing", "GET", _path(invoice))
            return shown if shown["state"] in states else None

        return look

    def _pay(self, stripe_invoice_id: str) -> None:
        """The customer's bank transfer arrives: told to Stripe, which tells us by webhook."""
        import stripe  # noqa: PLC0415 - one second of import that only this step needs

        client = stripe.StripeClient(
            self.servers.credentials["stripe.api_key"],
            base_addresses={"api": self.servers.stripe_url},
            max_network_retries=8,
        )

        def pay() -> None:
            if client.v1.invoices.retrieve(stripe_invoice_id).status == StripeStatus.OPEN.value:
                client.v1.invoices.pay(stripe_invoice_id, {"paid_out_of_band": True})

        persist(self.patience, "payment at Stripe", pay)

    def settled(self, month: SampleMonth, close: int) -> list[Any]:
        """The accounts of a month once all that a close corrects has been issued, or waits."""

        def look() -> list[Any] | None:
            accounts = self.corrections(month)
            is_settled = accounts and all(one["close"] >= close for one in accounts)
            return None if not is_settled or any(map(_is_on_its_way, accounts)) else accounts

        return self.patience.until(f"corrections of {month}", look, poll=SPARING_SECONDS)

    def corrections(self, month: SampleMonth) -> list[Any]:
        path = f"/api/v1/corrections?period={month}"
        accounts: list[Any] = self.client.call(CLARA, "invoicing", "GET", path)["data"]
        return accounts


def _is_on_its_way(account: Any) -> bool:
    return any(document["state"] in _ON_ITS_WAY for document in account["documents"])


def _path(invoice: Any) -> str:
    return f"/api/v2/invoices/{invoice['invoice_id']}"
