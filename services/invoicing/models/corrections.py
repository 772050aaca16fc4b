"""What corrects an invoice: credit notes, and debits with the invoice that they stand on."""

import pgtrigger
from django.db import models

from services.invoicing.models.accounts import TrueUpAccount
from services.invoicing.models.customers import Customer
from services.invoicing.models.invoices import Invoice, InvoiceLine
from shared.isolation.triggers import append_only, frozen_when
from shared.vocabulary.corrections import DEBIT_OPEN, DebitState, GivenFor, NoteKind
from shared.vocabulary.invoice_states import UNISSUED_STATES, State
from shared.vocabulary.true_up import DownPaid

# What a note says from its first draft on; Stripe's number and id come with its issue.
_WRITTEN = (
    *("note_id", "customer", "invoice", "account", "period", "kind", "causes", "close_number"),
    *("currency", "net_minor", "detail", "run_id"),
)


class CreditNote(models.Model):
    """Gives back a part of an invoice, which never changes; amounts in minor units, before tax.

    `account` is None of what a person gives. `causes` are why the month's cost differs
    (`RevisionCause`), `detail` the lines that were changed, also those that pay for each other:
    what was charged and what is right. `settlement` says where Stripe put it: remaining, balance,
    refund, out_of_band; `refund_failed_minor` is what of a refund the bank has sent back.
    `given_for` and, where it isn't the contract's, `down_paid` are of what a person gives.
    `is_foreign` is one that somebody made at Stripe: it may name no lines, and is then given on the
    document until a person has assigned it. `line_taxes` are the tax of its lines, in their order,
    empty where none is ours.
    """

    note_id = models.CharField(primary_key=True, max_length=40)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_constraint=False, related_name="credit_notes"
    )
    account = models.ForeignKey(
        TrueUpAccount, on_delete=models.PROTECT, null=True, related_name="credit_notes"
    )
    period = models.CharField(max_length=7)
    kind = models.CharField(max_length=20, choices=[(k.value, k.name) for k in NoteKind])
    causes = models.JSONField(default=list)
    close_number = models.BigIntegerField()
    run_id = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(default=0)
    line_taxes = models.JSONField(default=list, db_default=[])
    detail = models.JSONField(default=list)
    state = models.CharField(
        max_length=20, choices=[(s.value, s.name) for s in State], default=State.DRAFT
    )
    parked_from = models.CharField(max_length=20, blank=True)
    parked_for = models.JSONField(default=list)
    version = models.IntegerField(default=1)
    number = models.CharField(max_length=60, blank=True)
    stripe_credit_note_id = models.CharField(max_length=100, unique=True, null=True)  # noqa: DJ001
    settlement = models.JSONField(null=True)
    refund_failed_minor = models.BigIntegerField(default=0, db_default=0)
    is_foreign = models.BooleanField(default=False, db_default=False)
    given_for = models.CharField(
        max_length=20,
        choices=[(g.value, g.name) for g in GivenFor],
        blank=True,
        default="",
        db_default="",
    )
    down_paid = models.CharField(
        max_length=20,
        choices=[(d.value, d.name) for d in DownPaid],
        blank=True,
        default="",
        db_default="",
    )
    drafted_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "invoice"],
                condition=models.Q(state__in=UNISSUED_STATES | {State.ISSUING}),
                name="credit_note_one_unissued",
            ),
            models.UniqueConstraint(fields=["customer", "note_id"], name="credit_note_key"),
            models.CheckConstraint(condition=models.Q(net_minor__gt=0), name="credit_note_above_0"),
        ]
        triggers = frozen_when(
            ~pgtrigger.Q(old__number=""),
            *_WRITTEN,
            *("is_foreign", "given_for", "down_paid"),
            *("number", "stripe_credit_note_id", "settlement", "tax_minor", "line_taxes"),
            "issued_at",
        )

    def __str__(self) -> str:
        return f"credit note {self.note_id}: {self.state}"


class CreditNoteLine(models.Model):
    """A part of an invoice line, written once; the database refuses more than the line has."""

    customer_id = models.CharField(max_length=100)
    note = models.ForeignKey(
        CreditNote, on_delete=models.PROTECT, db_constraint=False, related_name="lines"
    )
    position = models.IntegerField()
    invoice_line = models.ForeignKey(
        InvoiceLine, on_delete=models.PROTECT, db_constraint=False, related_name="credits"
    )
    amount_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["note", "position"], name="credit_note_line_once"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="credit_note_line_above_0"
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.position}. of {self.note_id}"


class Debit(models.Model):
    """What an account is charged more, and the one invoice that it stands on, if any yet.

    `lines` are by key as an account's; `day` is that of the close it is of, which decides whether
    it may still be charged, whenever it is. One that waits for the next invoice goes on it once it
    is judged, and while `parked_for` is empty; with an invoice of its own it is held as that.
    `released` says who has let it go on, when, why, and what it was held for.
    """

    debit_id = models.CharField(primary_key=True, max_length=40)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    account = models.ForeignKey(TrueUpAccount, on_delete=models.PROTECT, related_name="debits")
    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, db_constraint=False, null=True, related_name="debits"
    )
    causes = models.JSONField(default=list)
    close_number = models.BigIntegerField()
    day = models.DateField()
    run_id = models.CharField(max_length=40)
    amount_minor = models.BigIntegerField()
    lines = models.JSONField()
    detail = models.JSONField(default=list)
    state = models.CharField(
        max_length=20,
        choices=[(s.value, s.name) for s in DebitState],
        default=DebitState.WAITING,
    )
    made_at = models.DateTimeField()
    is_judged = models.BooleanField(default=False, db_default=True)
    parked_for = models.JSONField(default=list, db_default=[])
    released = models.JSONField(default=list, db_default=[])
    version = models.IntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=DEBIT_OPEN),
                name="debit_one_unissued",
            ),
            models.CheckConstraint(condition=models.Q(amount_minor__gt=0), name="debit_above_0"),
        ]

    def __str__(self) -> str:
        return f"debit {self.debit_id}: {self.state}"
