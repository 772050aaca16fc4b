"""AWS restates the bill after the close: every invoice says by how much, and none is edited.

Issued or not: what is not issued says it before anybody approves it.
"""

from decimal import Decimal

import pytest

from services.invoicing.models import Outbox
from services.invoicing.operations.act_on_invoice import act_on_invoice
from services.invoicing.operations.move_invoice import InvoiceChanged
from services.invoicing.operations.record_revision import record_revision
from shared.auth.actors import Actor
from shared.contracts.attribution import STATEMENT_REVISED
from shared.contracts.invoicing import INVOICE_RESTATED
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice

BRUNO = Actor("bruno", "billing_approver")
# The world's invoice: Compute at a cost of 101.1676666667 plus 20 %, 121.40, and a fee of 499.00.


def revised(*lines, version=2, tenant="acme"):
    example = STATEMENT_REVISED.dump(STATEMENT_REVISED.example)
    shown = [{"charge_group": group, "method": "label", "amount": cost} for group, cost in lines]
    fact = {**example, "tenant": tenant, "version": version, "lines": shown}
    record_revision(STATEMENT_REVISED.load(fact))


@pytest.fixture
def invoice(as_staff):
    return make_invoice(make_customer("acme"), number="A-1", state=State.ISSUED)


class TestARestatement:
    def test_upwards_is_on_the_invoice_which_stays_as_it_was(self, invoice):
        before = (invoice.total_minor, invoice.exact_total, invoice.state)
        revised(("Compute", "111.1676666667"))
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == 1_200
        assert (invoice.total_minor, invoice.exact_total, invoice.state) == before

    def test_downwards_is_negative(self, invoice):
        revised(("Compute", "1.1676666667"))
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == -12_000

    def test_of_a_group_that_was_not_there_counts_whole(self, invoice):
        revised(("Compute", "101.1676666667"), ("pool:nat", "10"))
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == 1_200

    def test_to_nothing_takes_all_cost_derived_lines_and_no_fee(self, invoice):
        revised()
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == -12_140

    def test_that_is_taken_back_leaves_nothing(self, invoice):
        revised(("Compute", "111"), version=2)
        revised(("Compute", "101.1676666667"), version=3)
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == 0

    def test_that_comes_late_is_no_news(self, invoice):
        revised(("Compute", "111.1676666667"), version=3)
        revised(("Compute", "999"), version=2)
        invoice.refresh_from_db()
        assert invoice.restated_by_minor == 1_200

    def test_twice_is_told_once(self, invoice):
        revised(("Compute", "111.1676666667"), version=2)
        revised(("Compute", "111.1676666667"), version=3)
        (message,) = Outbox.objects.filter(topic=INVOICE_RESTATED.name)
        assert Decimal(message.payload["restated_by"]) == Decimal("12.00")

    def test_of_another_tenant_is_not_this_customers(self, invoice):
        revised(("Compute", "999"), tenant="globex")
        invoice.refresh_from_db()
        assert invoice.restated_by_minor is None

    def test_leaves_a_void_invoice_alone(self, as_staff):
        void = make_invoice(make_customer("acme"), state=State.VOID)
        revised(("Compute", "999"))
        void.refresh_from_db()
        assert void.restated_by_minor is None


NOT_ISSUED = [State.DRAFT, State.IN_REVIEW, State.APPROVED, State.PARKED, State.ISSUING]


class TestWhatIsNotIssuedYet:
    @pytest.mark.parametrize("state", NOT_ISSUED)
    def test_says_by_how_much_it_is_stale(self, as_staff, state):
        waiting = make_invoice(make_customer("acme"), state=state)
        revised(("Compute", "111.4176666667"))
        waiting.refresh_from_db()
        # 111.4176666667 plus 20 % is 133.70, the line is 121.40.
        assert (waiting.restated_by_minor, waiting.total_minor) == (1_230, 62_040)
        assert waiting.state == state

    def test_tells_the_portal_under_a_new_version(self, as_staff):
        waiting = make_invoice(make_customer("acme"))
        revised(("Compute", "111.1676666667"), version=2)
        revised(("Compute", "121.1676666667"), version=3)
        messages = [row.payload for row in Outbox.objects.filter(topic=INVOICE_RESTATED.name)]
        assert sorted((row["version"], Decimal(row["restated_by"])) for row in messages) == [
            (waiting.version + 1, Decimal("12.00")),
            (waiting.version + 2, Decimal("24.00")),
        ]

    def test_is_not_approved_by_who_has_seen_the_older_version(self, as_staff):
        waiting = make_invoice(make_customer("acme"), state=State.IN_REVIEW)
        revised(("Compute", "111.1676666667"))
        with pytest.raises(InvoiceChanged, match="you have seen 1"):
            act_on_invoice(
                invoice_id=waiting.invoice_id,
                action="approve",
                actor=BRUNO,
                version=waiting.version,
                reason="",
                now=NOW,
            )
