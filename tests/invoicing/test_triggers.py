"""Rows that are frozen or only appended to are so in the database, whoever asks."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from services.invoicing.models import Invoice, LedgerEntry
from services.invoicing.operations.move_invoice import move_invoice
from shared.contracts.invoicing import Cause
from shared.isolation.scope import as_ops
from shared.vocabulary.invoice_states import State
from tests.invoicing.scenarios import NOW, make_customer, make_invoice


def issued_invoice():
    return make_invoice(make_customer("acme"), number="A-1", state=State.ISSUED)


def triggers():
    with connection.cursor() as cursor:
        cursor.execute(
            "select tgrelid::regclass::text, tgname from pg_trigger where not tgisinternal"
        )
        return sorted(cursor.fetchall())


@pytest.fixture
def with_every_right(as_staff):
    """What no migration grants: only the triggers stand between this role and the rows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE invoicing_owner")
        cursor.execute("GRANT UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO invoicing_ops")
        cursor.execute("SET LOCAL ROLE invoicing_ops")


@pytest.mark.parametrize(
    "statement",
    [
        "delete from invoicing_invoice",
        "update invoicing_ledgerentry set amount = 2",
        "delete from invoicing_ledgerentry",
        "update invoicing_invoiceline set amount_minor = 1",
        "delete from invoicing_invoiceline",
        "update invoicing_transition set actor = 'nobody'",
        "delete from invoicing_transition",
    ],
)
def test_a_role_with_every_right_is_refused(with_every_right, statement):
    invoice = issued_invoice()
    move_invoice(invoice, State.PAID, actor="stripe", cause=Cause("person"), now=NOW)
    LedgerEntry.objects.create(
        customer_id="acme", document="A-1", account="cash", currency="USD", amount=1
    )
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        connection.cursor().execute(statement)


class TestAFrozenRow:
    @pytest.mark.parametrize("field", ["customer_id", "contract_id", "seller", "frozen"])
    def test_keeps_each_of_its_columns(self, as_staff, field):
        invoice = issued_invoice()
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**{field: "x"})

    def test_stays_so_for_a_session_that_asks_pgtrigger_to_ignore_it(self, as_staff):
        invoice = issued_invoice()
        with connection.cursor() as cursor:
            names = ", ".join(name for _, name in triggers())
            cursor.execute("select set_config('pgtrigger.ignore', %s, true)", [f"{{{names}}}"])
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(total_minor=1)


@pytest.mark.django_db(transaction=True)
def test_a_database_with_the_triggers_of_before_gets_these_and_goes_back():
    with as_ops():
        invoice = issued_invoice()
    now = triggers()
    assert {name for _, name in now} > {"pgtrigger_frozen_ccb60"}
    for target, names in (("0003", {"append_only", "frozen", "frozen_delete"}), (None, None)):
        call_command("migrate", "invoicing", *([target] if target else []), verbosity=0)
        assert names is None or {name for _, name in triggers()} == names
        with pytest.raises(IntegrityError, match="never changed"), as_ops():
            Invoice.objects.filter(pk=invoice.pk).update(total_minor=1)
    assert triggers() == now
