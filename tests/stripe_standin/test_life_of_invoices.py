"""Any order of calls: sums, numbers and balances hold, and every answer fits Stripe's document."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import StripeError
from deploy.stripe_standin.invoice_states import sweep
from deploy.stripe_standin.routes import ROUTES
from deploy.stripe_standin.specification import Specification, load_specification
from deploy.stripe_standin.store import Body, Store
from tests.examples import examples

_CACHE = Path(tempfile.gettempdir()) / "trueback-tests-stripe-specification"
_LOADED: list[Specification] = []

# About the smallest charge (50) as often as anywhere; one line as often as very many.
STEPS = ["send", "pay", "charge", "void", "mark_uncollectible"]
SPLITS = ["credit_amount", "refund_amount", "out_of_band_amount"]
AMOUNTS = st.integers(-10, 60) | st.integers(-100_000, 100_000)
SEVERAL = st.lists(AMOUNTS, min_size=1, max_size=2) | st.lists(AMOUNTS, min_size=100, max_size=130)


def specification() -> Specification:
    if not _LOADED:
        _CACHE.mkdir(exist_ok=True)
        _LOADED.append(load_specification(ROUTES, _CACHE))
        shutil.rmtree(_CACHE)
    return _LOADED[0]


class LifeOfInvoices(RuleBasedStateMachine):
    invoices: Bundle[str] = Bundle("invoices")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "stripe.sqlite3")
        self.lines: dict[str, list[int]] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def call(self, route: str, path: Body | None = None, **params: Any) -> Body | None:
        """None where Stripe refuses; then nothing has changed."""
        before = self.snapshot()
        call = Call(store=self.store, params=params, path=path or {}, public_url="http://here")
        try:
            with self.store.transaction():
                body = ROUTES["POST", route](call)
        except StripeError as error:
            refusal: Body | None = error.body()
        else:
            refusal = None
        status, answer = (200, body) if refusal is None else (400, refusal)
        assert specification().faults_of_answer("POST", route, status, answer) == []
        if refusal is None:
            return body
        assert self.snapshot() == before
        return None

    def snapshot(self) -> list[Body]:
        kinds = ("invoice", "customer", "credit_note", "refund", "customer_balance_transaction")
        return [one for kind in kinds for one in self.store.every(kind)]

    @initialize()
    def customer_comes(self) -> None:
        customer = self.call("/v1/customers", name="Acme", email="a@acme.test")
        assert customer is not None
        self.customer = customer["id"]

    @rule(target=invoices, advances=st.booleans(), amounts=SEVERAL)
    def create(self, advances: bool, amounts: list[int]) -> str:
        made = self.call(
            "/v1/invoices",
            customer=self.customer,
            currency="usd",
            auto_advance=advances,
            collection_method="send_invoice",
            days_until_due=10,
        )
        assert made is not None
        invoice = str(made["id"])
        self.lines[invoice] = []
        self.add_lines_to(invoice, amounts)
        return invoice

    @rule(invoice=invoices, amounts=SEVERAL)
    def add_lines(self, invoice: str, amounts: list[int]) -> None:
        self.add_lines_to(invoice, amounts)

    def add_lines_to(self, invoice: str, amounts: list[int]) -> None:
        lines = [{"amount": amount} for amount in amounts]
        if self.call("/v1/invoices/{invoice}/add_lines", {"invoice": invoice}, lines=lines):
            self.lines[invoice] += amounts

    @rule(invoice=invoices)
    def finalize(self, invoice: str) -> None:
        self.call("/v1/invoices/{invoice}/finalize", {"invoice": invoice})

    @rule(invoice=invoices, step=st.sampled_from(STEPS))
    def move(self, invoice: str, step: str) -> None:
        params: Body = {"paid_out_of_band": True} if step == "pay" else {}
        if step == "charge":
            step, params = "pay", {"payment_method": "pm_card_visa"}
        self.call(f"/v1/invoices/{{invoice}}/{step}", {"invoice": invoice}, **params)

    @rule(invoice=invoices, amount=AMOUNTS, line=st.integers(0, 3), to=st.sampled_from(SPLITS))
    def credit(self, invoice: str, amount: int, line: int, to: str) -> None:
        lines = self.store.children(invoice, "line_item", limit=line + 1)
        remaining = self.store.get("invoice", invoice)["amount_remaining"]
        split = {to: amount - max(remaining, 0)} if amount > remaining else {}
        credited = {
            "type": "invoice_line_item",
            "invoice_line_item": lines[-1]["id"],
            "amount": amount,
        }
        self.call("/v1/credit_notes", invoice=invoice, lines=[credited], **split)

    @rule(newest=st.integers(0, 2))
    def void_a_note(self, newest: int) -> None:
        for note in self.store.every("credit_note")[newest : newest + 1]:
            self.call("/v1/credit_notes/{id}/void", {"id": note["id"]})

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours: int) -> None:
        with self.store.transaction():
            offset = float(self.store.setting("clock_offset", "0")) + hours * 3600
            self.store.set_setting("clock_offset", str(offset))
            sweep(self.store, "http://here")

    @invariant()
    def sums_are_those_of_the_lines(self) -> None:
        for invoice in self.store.every("invoice"):
            amounts = self.lines[invoice["id"]]
            assert invoice["total"] == sum(amounts)
            assert len(amounts) <= 250

    @invariant()
    def what_is_due_and_what_is_on_the_balance_is_what_was_billed(self) -> None:
        finalized = [one for one in self.store.every("invoice") if one["status"] != "draft"]
        off = "pre_payment_credit_notes_amount"
        moved = sum(one["total"] - one["amount_due"] - one[off] for one in finalized)
        credits_given = [
            one["amount"]
            for one in self.store.every("customer_balance_transaction")
            if one["type"] == "credit_note"
        ]
        for customer in self.store.every("customer"):
            assert customer["balance"] == moved + sum(credits_given)
        for invoice in finalized:
            due = invoice["amount_due"] + invoice[off]
            assert due == 0 or due >= 50
            remaining = 0 if invoice["status"] == "paid" else invoice["amount_due"]
            assert invoice["amount_remaining"] == remaining

    @invariant()
    def notes_take_no_more_than_there_was_and_are_settled_whole(self) -> None:
        refunds = {one["id"]: one["amount"] for one in self.store.every("refund")}
        moves = {one["id"]: one for one in self.store.every("customer_balance_transaction")}
        used: dict[str, int] = {}
        for note in self.store.every("credit_note"):
            refunded = sum(refunds[one["refund"]] for one in note["refunds"])
            moved = moves.get(note["customer_balance_transaction"] or "", {"amount": 0})["amount"]
            settled = refunded - moved + (note["out_of_band_amount"] or 0)
            assert settled == note["post_payment_amount"]
            assert note["pre_payment_amount"] + settled == note["total"] > 0
            if note["status"] == "issued":
                (line,) = self.store.children(note["id"], "credit_note_line_item")
                name = line["invoice_line_item"]
                used[name] = used.get(name, 0) + line["amount"]
        for name, amount in used.items():
            assert amount <= self.store.get("line_item", name)["amount"]
        for invoice in self.store.every("invoice"):
            charged = sum(one["amount"] for one in self.store.children(invoice["id"], "charge"))
            back = [
                refunds[one["refund"]]
                for note in self.store.children(invoice["id"], "credit_note")
                for one in note["refunds"]
            ]
            assert sum(back) <= charged

    @invariant()
    def numbers_are_gapless_and_given_at_finalisation(self) -> None:
        invoices = self.store.every("invoice")
        numbers = sorted(one["number"] for one in invoices if one["status"] != "draft")
        assert [number.rpartition("-")[2] for number in numbers] == [
            f"{n:04d}" for n in range(1, len(numbers) + 1)
        ]
        assert all(one["number"] is None for one in invoices if one["status"] == "draft")


TestLifeOfInvoices = LifeOfInvoices.TestCase
TestLifeOfInvoices.settings = examples(
    1 / 4,
    stateful_step_count=20,
    # A life is short enough to read as it is; to shrink one takes minutes.
    phases=(Phase.reuse, Phase.generate),
)
