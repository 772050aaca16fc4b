"""A credit note as its customer files it."""

from django.http import Http404, HttpResponse

from services.invoicing.api.views import Pdf
from services.invoicing.models import CreditNote
from services.invoicing.queries.note_files import note_file_name, note_pdf
from shared.audit.declared import Audited
from shared.auth.api import ScopedView
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.invoice_states import State
from shared.vocabulary.roles import CUSTOMERS, STAFF, Role


class NotePdfView(ScopedView):
    """Before it is issued, marked as a draft, for staff alone; no other customer's is found."""

    roles = {"GET": (*STAFF, Role.SERVICE, *CUSTOMERS)}
    audit = {"GET": Audited(AuditAction.DOCUMENT_READ, "credit_note", "note_id")}
    response_types = {"GET": {(200, Pdf.media_type): bytes}}
    renderer_classes = [*ScopedView.renderer_classes, Pdf]

    def get(self, _request: object, note_id: str) -> HttpResponse:
        notes = CreditNote.objects.select_related(
            "invoice", "invoice__customer", "invoice__contract"
        )
        if self.actor.is_customer:
            notes = notes.filter(state=State.ISSUED).exclude(number="")
        note = notes.filter(note_id=note_id).first()
        if note is None:
            raise Http404
        return HttpResponse(
            note_pdf(note),
            content_type=Pdf.media_type,
            headers={"Content-Disposition": f'inline; filename="{note_file_name(note)}"'},
        )
