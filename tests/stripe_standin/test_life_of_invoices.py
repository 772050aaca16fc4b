"""Any order of calls: sums, numbers and balances hold, and every answer fits Stripe's document."""

from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, rule

from deploy.stripe_standin.invoice_states import sweep
from deploy.stripe_standin.store import Body
from tests.examples import examples
from tests.stripe_standin.lives import Life

STEPS = ["send", "pay", "charge", "void", "mark_uncollectible"]
# About the smallest charge (50) as often as anywhere; one line as often as very many.
AMOUNTS = st.integers(-10, 60) | st.integers(-100_000, 100_000)
SEVERAL = st.lists(AMOUNTS, min_size=1, max_size=2) | st.lists(AMOUNTS, min_size=100, max_size=130)


class LifeOfInvoices(Life):
    invoices: Bundle[str] = Bundle("invoices")

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, list[int]] = {}

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
        billed = [one for one in finalized if one["status"] != "void"]
        moved = sum(one["total"] - one["amount_due"] for one in billed)
        for customer in self.store.every("customer"):
            assert customer["balance"] == moved
        for invoice in finalized:
            assert invoice["amount_due"] == 0 or invoice["amount_due"] >= 50
            remaining = 0 if invoice["status"] == "paid" else invoice["amount_due"]
            assert invoice["amount_remaining"] == remaining

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
