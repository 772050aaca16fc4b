"""Tax as the lines of invoices have it, and what credit notes on them have of it."""

from collections.abc import Mapping

from services.invoicing.domain.fixes import Situation, whole_credit
from services.invoicing.domain.tax import Given, TaxedLine, TaxTerms, net_within, note_taxes
from services.invoicing.models import CreditNote, Invoice, InvoiceLine
from shared.money import smallest_charge_step
from shared.vocabulary.corrections import NOTE_COUNTS
from shared.vocabulary.true_up import TaxCategory


def taxed_line(line: InvoiceLine) -> TaxedLine:
    return TaxedLine(line.position, line.amount_minor, terms_of(line))


def terms_of(line: InvoiceLine) -> TaxTerms | None:
    if not line.tax_category or line.tax_percent is None:
        return None
    return TaxTerms(TaxCategory(line.tax_category), line.tax_percent, line.tax_place)


def credit_taxes(
    invoice: Invoice, credited: Mapping[int, int], *, without: str = ""
) -> dict[int, int]:
    """By position of the invoice's lines, of a note that gives back so much of each.

    What is issued, or being issued, counts, but for the note `without`. Empty where no tax is ours.
    """
    if invoice.tax_minor is None:
        return {}
    lines = {line.position: line for line in invoice.lines.order_by("position")}
    whole = [taxed_line(line) for line in lines.values()]
    wanted = [
        TaxedLine(position, amount, terms_of(lines[position]))
        for position, amount in sorted(credited.items())
    ]
    charged = {position: line.tax_minor or 0 for position, line in lines.items()}
    return note_taxes(wanted, whole, charged, _given(invoice, without), invoice.currency)


def _given(invoice: Invoice, without: str) -> Mapping[TaxTerms, Given]:
    given: dict[TaxTerms, Given] = {}
    groups = {terms_of(line) for line in invoice.lines.all()}
    notes = CreditNote.objects.filter(invoice=invoice, state__in=NOTE_COUNTS)
    for note in notes.exclude(pk=without):
        lines = list(note.lines.select_related("invoice_line").order_by("position"))
        for number, line in enumerate(lines):
            tax = note.line_taxes[number] if note.line_taxes else 0
            _add(given, terms_of(line.invoice_line), line.amount_minor, tax)
        if not lines and len(groups) == 1:
            _add(given, next(iter(groups)), note.net_minor, note.tax_minor)
    return given


def _add(given: dict[TaxTerms, Given], terms: TaxTerms | None, net: int, tax: int) -> None:
    if terms is not None:
        before = given.get(terms, Given())
        given[terms] = Given(before.net_minor + net, before.tax_minor + tax)


def lines_within(invoice: Invoice, one: Situation, gross_minor: int) -> dict[int, int]:
    """On all lines by what room they have, so that with their tax they are as much at most."""
    step = smallest_charge_step(invoice.currency)

    def gross_of(net_minor: int) -> int:
        lines = whole_credit(one, net_minor, step) if net_minor else {}
        return net_minor + sum(credit_taxes(invoice, lines).values())

    if invoice.tax_minor is None:
        amount = min(gross_minor, one.room_minor)
    else:
        amount = net_within(gross_minor, one.room_minor, step, gross_of)
    return whole_credit(one, amount, step) if amount else {}
