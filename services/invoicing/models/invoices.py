import pgtrigger
from django.db import models
from django.db.models.functions import Now

from services.invoicing.models.customers import Contract, Customer
from shared.isolation.triggers import append_only, frozen_when
from shared.vocabulary.invoice_kinds import InvoiceKind
from shared.vocabulary.invoice_states import State
from shared.vocabulary.true_up import TaxCategory

# What an invoice says once it has a number, and what it is found by.
_FROZEN = (
    *("invoice_id", "customer", "contract", "seller", "period", "kind", "sequence"),
    *("currency", "total_minor", "tax_minor", "exact_total", "run_id"),
    *("number", "stripe_invoice_id"),
    *("issued_at", "frozen", "costs"),
)


class Invoice(models.Model):
    """A document of one customer, period and currency; `total_minor` in minor units, before tax.

    `tax_minor` is what its lines have of tax, None where none is ours.

    `costs` are what it is priced on, tenant -> charge group -> exact cost; None in rows of an
    earlier release, whose lines say the same. `restated_by_minor` is what the newest cost would add
    to it (or take off), None while the bill has not been restated since. `exact_total` is what the
    lines were before each was rounded; the ledger books the difference. `parked_for` are the causes
    (`Cause` of its facts) that it is held for, None in rows of an earlier release, which wrote
    `parked_reasons` alone. `frozen` is what it says of contract and customer, from issuing on.
    `reissues` is what was voided by hand, and is billed anew by it. The database
    allows one live invoice per seller, customer, period, currency, kind and sequence.
    """

    invoice_id = models.CharField(primary_key=True, max_length=40)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_constraint=False, related_name="invoices"
    )
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    seller = models.CharField(max_length=100, null=True)  # noqa: DJ001 - part of the unique key
    period = models.CharField(max_length=7)
    kind = models.CharField(max_length=20, default=InvoiceKind.STANDARD)
    sequence = models.IntegerField(default=1)
    currency = models.CharField(max_length=3)
    total_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(null=True)
    exact_total = models.DecimalField(max_digits=38, decimal_places=10)
    previous_total_minor = models.BigIntegerField(null=True)
    run_id = models.CharField(max_length=40)
    costs = models.JSONField(null=True)
    restated_by_minor = models.BigIntegerField(null=True)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.name) for s in State], default=State.DRAFT
    )
    parked_from = models.CharField(max_length=20, blank=True)
    parked_reasons = models.JSONField(default=list)
    parked_for = models.JSONField(null=True)
    version = models.IntegerField(default=1)
    number = models.CharField(max_length=40, blank=True)
    stripe_invoice_id = models.CharField(max_length=100, unique=True, null=True)  # noqa: DJ001
    stripe_status = models.CharField(max_length=20, blank=True)
    hosted_invoice_url = models.CharField(max_length=1000, blank=True)
    drafted_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    frozen = models.JSONField(null=True)
    reissues = models.ForeignKey(
        "Invoice", on_delete=models.PROTECT, null=True, related_name="reissued_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seller", "customer", "period", "currency", "kind", "sequence"],
                condition=~models.Q(state=State.VOID),
                nulls_distinct=False,
                name="invoice_one_live",
            ),
            models.UniqueConstraint(fields=["customer", "invoice_id"], name="invoice_key"),
        ]
        triggers = frozen_when(~pgtrigger.Q(old__number=""), *_FROZEN)

    def __str__(self) -> str:
        return f"invoice {self.invoice_id}: {self.state}"


class InvoiceLine(models.Model):
    """Written once, with the invoice; `cost` is the attributed cost behind it, for staff.

    `priced_by` is the `Basis` of its fact; an earlier release wrote it into `basis` as text, and
    no `component`. `account` is set where the line corrects another month than the invoice's.
    `tax_minor` is by the rate of the month that it charges for, None where no tax is ours.
    """

    customer_id = models.CharField(max_length=100)
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_constraint=False, related_name="lines"
    )
    position = models.IntegerField()
    description = models.CharField(max_length=500)
    kind = models.CharField(max_length=20)
    tenant = models.CharField(max_length=100)
    amount_minor = models.BigIntegerField()
    exact_amount = models.DecimalField(max_digits=38, decimal_places=10)
    cost = models.DecimalField(max_digits=38, decimal_places=10, null=True)
    charge_group = models.CharField(max_length=200, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    priced_by = models.JSONField(null=True)
    component = models.CharField(max_length=200, blank=True, default="", db_default="")
    service_start = models.DateField()
    service_end = models.DateField()
    account = models.ForeignKey(
        "TrueUpAccount", on_delete=models.PROTECT, null=True, related_name="debit_lines"
    )
    tax_category = models.CharField(
        max_length=20,
        choices=[(t.value, t.name) for t in TaxCategory],
        blank=True,
        default="",
        db_default="",
    )
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True)
    tax_place = models.CharField(max_length=6, blank=True, default="", db_default="")
    tax_minor = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once")
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.position}. {self.description}"


class Transition(models.Model):
    """Who changed a document's state, when and why: append-only, and sealed (`DocumentSeal`).

    A document is an invoice or a credit note, and an account's steps are logged like theirs; the
    database wants one of the three.
    `cause` is as in its fact; an earlier release wrote it into `reason` as text, and a `seal` that
    whoever wrote the row could compute.
    """

    customer_id = models.CharField(max_length=100)
    invoice = models.ForeignKey(
        Invoice,
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        related_name="transitions",
    )
    note = models.ForeignKey(
        "CreditNote",
        on_delete=models.PROTECT,
        db_constraint=False,
        null=True,
        related_name="transitions",
    )
    account = models.ForeignKey(
        "TrueUpAccount",
        on_delete=models.PROTECT,
        null=True,
        related_name="transitions",
    )
    sequence = models.IntegerField()
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    actor = models.CharField(max_length=100)
    reason = models.TextField(blank=True)
    cause = models.JSONField(null=True)
    at = models.DateTimeField()
    previous_seal = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "sequence"], name="transition_once"),
            models.UniqueConstraint(fields=["note", "sequence"], name="note_transition_once"),
            models.UniqueConstraint(fields=["account", "sequence"], name="account_transition_once"),
            models.CheckConstraint(
                condition=models.Q(invoice__isnull=False, note=None, account=None)
                | models.Q(invoice=None, note__isnull=False, account=None)
                | models.Q(invoice=None, note=None, account__isnull=False),
                name="transition_of_one_document",
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.from_state or 'nothing'} to {self.to_state} by {self.actor}"


class LedgerEntry(models.Model):
    """Double entry, append-only, in the invoice's currency; a document's entries sum to zero.

    Debits are positive. Accounts: receivable, revenue, rounding, tax, cash, clearing, credits,
    customer_credit, true_up, write_off.
    """

    customer_id = models.CharField(max_length=100)
    document = models.CharField(max_length=120)
    account = models.CharField(max_length=20)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=38, decimal_places=10)
    booked_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "account"], name="ledger_entry_once")
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.document} {self.account} {self.amount}"
