"""Any order of payments, notes, refunds and disputes of an invoice: no money appears or is lost."""

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import StripeError
from deploy.stripe_standin.money import move_money
from deploy.stripe_standin.store import Body
from tests.examples import examples
from tests.stripe_standin.billing import COMPUTE, FEE, STORAGE, taxed
from tests.stripe_standin.lives import Life

LINES = (COMPUTE, STORAGE, FEE)
PERCENT = st.sampled_from([1, 30, 50, 100]) | st.integers(-5, 120)
PART = st.sampled_from([1, FEE, COMPUTE, 250_000]) | st.integers(0, 250_000)
SPLITS = ["credit_amount", "refund_amount", "out_of_band_amount"]
NEWEST = st.integers(-3, -1)


class LifeOfNotes(Life):
    @initialize(tax=st.booleans(), balance=st.sampled_from([0, -5_000, 700]))
    def invoice_is_issued(self, tax: bool, balance: int) -> None:
        customer = self.made("/v1/customers", name="Acme", balance=balance)
        invoice = self.made("/v1/invoices", customer=customer["id"], currency="usd")
        lines = [taxed(line, line * 19 // 100) if tax else {"amount": line} for line in LINES]
        path = {"invoice": invoice["id"]}
        self.made("/v1/invoices/{invoice}/add_lines", path, lines=lines)
        self.invoice_id = self.made("/v1/invoices/{invoice}/finalize", path)["id"]

    def made(self, route: str, path: Body | None = None, **params: object) -> Body:
        body = self.call(route, path, **params)
        assert body is not None
        return body

    @property
    def invoice(self) -> Body:
        return self.store.get("invoice", self.invoice_id)

    def move(self, name: str, **wish: object) -> None:
        before = self.snapshot()
        call = Call(store=self.store, params={}, path={}, public_url="http://here")
        try:
            with self.store.transaction():
                move_money(call, name, wish)
        except StripeError:
            assert self.snapshot() == before

    @rule(amount=PART, out_of_band=st.booleans(), later=st.booleans())
    def pay(self, amount: int, out_of_band: bool, later: bool) -> None:
        wish = {"invoice": self.invoice_id, "amount": amount}
        if later:
            self.move("begin_payment", **wish)
        else:
            self.move("pay", **wish, out_of_band=out_of_band)

    @rule(outcome=st.sampled_from(["paid", "failed"]), which=NEWEST)
    def finish(self, outcome: str, which: int) -> None:
        for payment in self.store.every("invoice_payment")[which:][:1]:
            self.move("finish_payment", payment=payment["id"], outcome=outcome)

    @rule(
        percent=PERCENT,
        line=st.integers(0, 2),
        first=st.sampled_from(SPLITS),
        second=st.sampled_from(SPLITS),
        share=st.sampled_from([0, 50, 100]),
        off=st.sampled_from([0, 0, 0, 1, -1]),
    )
    def credit(
        self, percent: int, line: int, first: str, second: str, share: int, off: int
    ) -> None:
        """The preview tells what must be settled; `off` is by how much it is not."""
        of = self.store.children(self.invoice_id, "line_item")[line]
        lines = [
            {
                "type": "invoice_line_item",
                "invoice_line_item": of["id"],
                "amount": of["amount"] * percent // 100,
            }
        ]
        preview = self.call("/v1/credit_notes/preview", invoice=self.invoice_id, lines=lines)
        if preview is not None:
            post = preview["post_payment_amount"]
            split = {second: post * share // 100}
            split[first] = split.get(first, 0) + post - post * share // 100 + off
            note = self.call("/v1/credit_notes", invoice=self.invoice_id, lines=lines, **split)
            assert note is None or off == 0
            same = ("total", "subtotal", "pre_payment_amount", "post_payment_amount", "number")
            assert note is None or [note[name] for name in same] == [preview[x] for x in same]

    @rule(which=NEWEST)
    def void(self, which: int) -> None:
        for note in self.store.every("credit_note")[which:][:1]:
            self.call("/v1/credit_notes/{id}/void", {"id": note["id"]})

    @rule(which=NEWEST, amount=PART)
    def refund(self, which: int, amount: int) -> None:
        for charge in self.store.every("charge")[which:][:1]:
            self.call("/v1/refunds", charge=charge["id"], amount=amount)

    @rule(which=NEWEST)
    def fail(self, which: int) -> None:
        for refund in self.store.every("refund")[which:][:1]:
            self.move("fail_refund", refund=refund["id"])

    @rule(which=NEWEST, outcome=st.sampled_from(["opened", "won", "lost"]))
    def dispute(self, which: int, outcome: str) -> None:
        for charge in self.store.every("charge")[which:][:1]:
            self.move("dispute", charge=charge["id"], outcome=outcome)

    @invariant()
    def what_is_due_is_what_notes_have_left(self) -> None:
        invoice = self.invoice
        issued = [one for one in self.store.every("credit_note") if one["status"] == "issued"]
        before = sum(one["pre_payment_amount"] for one in issued)
        after = sum(one["post_payment_amount"] for one in issued)
        due = invoice["total"] + invoice["starting_balance"] - before
        assert invoice["amount_due"] == due >= 0
        assert invoice["amount_remaining"] == due - invoice["amount_paid"] >= 0
        assert (invoice["status"] == "paid") is (invoice["amount_remaining"] == 0)
        assert invoice["pre_payment_credit_notes_amount"] == before
        assert invoice["post_payment_credit_notes_amount"] == after
        assert before + after == sum(one["total"] for one in issued) <= invoice["total"]
        lines = self.store.every("credit_note_line_item")
        notes = {one["id"] for one in issued}
        for line in self.store.children(self.invoice_id, "line_item"):
            credited = [
                one["amount"]
                for note in notes
                for one in self.store.children(note, "credit_note_line_item")
                if one["invoice_line_item"] == line["id"]
            ]
            assert sum(credited) <= line["amount"]
        assert all(line["amount"] > 0 for line in lines)

    @invariant()
    def every_payment_is_on_the_invoice_or_on_the_balance(self) -> None:
        invoice = self.invoice
        paid = [one for one in self.store.every("invoice_payment") if one["status"] == "paid"]
        assert sum(one["amount_paid"] for one in paid) == invoice["amount_paid"]
        over = sum(one["amount_requested"] - one["amount_paid"] for one in paid)
        assert over == invoice["amount_overpaid"]
        credited = -sum(
            one["amount"]
            for one in self.store.every("customer_balance_transaction")
            if one["type"] == "credit_note"
        )
        (customer,) = self.store.every("customer")
        assert customer["balance"] == -over - credited

    @invariant()
    def every_note_is_settled_whole(self) -> None:
        refunds = {one["id"]: one for one in self.store.every("refund")}
        moves = {
            one["id"]: one["amount"] for one in self.store.every("customer_balance_transaction")
        }
        for note in self.store.every("credit_note"):
            refunded = sum(refunds[one["refund"]]["amount"] for one in note["refunds"])
            moved = moves.get(note["customer_balance_transaction"], 0)
            settled = refunded - moved + (note["out_of_band_amount"] or 0)
            assert settled == note["post_payment_amount"]
            assert note["pre_payment_amount"] + settled == note["total"] > 0
        for charge in self.store.every("charge"):
            back = [
                one["amount"]
                for one in refunds.values()
                if one["charge"] == charge["id"] and one["status"] == "succeeded"
            ]
            assert charge["amount_refunded"] == sum(back) <= charge["amount"]


TestLifeOfNotes = LifeOfNotes.TestCase
TestLifeOfNotes.settings = examples(
    1 / 2,
    stateful_step_count=15,
    # A life is short enough to read as it is; to shrink one takes minutes.
    phases=(Phase.reuse, Phase.generate),
)
