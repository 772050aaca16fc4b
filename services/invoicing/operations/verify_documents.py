"""Whether the documents are those that were sealed, and all of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Min

from services.invoicing.domain.document_chain import (
    Anchor,
    anchor_fault,
    first_break,
    read_anchor,
)
from services.invoicing.models import DocumentSeal, Transition
from services.invoicing.operations.seal_documents import seal_keys
from services.invoicing.queries.document_chain import (
    document_digests,
    read_links,
    sealed_digests,
)
from shared.isolation.scope import as_ops
from shared.lake.lake import Lake

# One is written each day; an older one says that some were taken away, or that no job runs.
ANCHOR_AGE_MAX: Final = timedelta(days=2)


@dataclass(frozen=True)
class Verification:
    """`faults` are sentences, the first broken link first; `anchored` is None without an anchor."""

    documents: int
    links: int
    adopted: int
    anchored: date | None
    faults: list[str]


def verify_documents(*, now: datetime) -> Verification:
    """Reads everything; changes nothing."""
    keys = seal_keys()
    anchors, unreadable = _anchors()
    with as_ops():
        seals = dict(DocumentSeal.objects.values_list("position", "seal"))
        broken = first_break(read_links(), keys, length=len(seals))
        adopted = DocumentSeal.objects.filter(is_adopted=True).count()
        documents = document_digests()
        sealed = sealed_digests()
        changed = sorted(
            (number, name)
            for name, (number, digest) in sealed.items()
            if documents.get(name) != digest
        )
        unsealed_documents = documents.keys() - sealed.keys()
        unsealed = Transition.objects.filter(link=None).count()
        oldest = DocumentSeal.objects.aggregate(at=Min("sealed_at"))["at"]
    faults = [f"the first broken link is {broken.position}: {broken.what}."] if broken else []
    faults += [f"document {name} is not as link {number} sealed it." for number, name in changed]
    faults += [f"document {name} has no seal." for name in sorted(unsealed_documents)]
    if unsealed:
        faults.append(f"{unsealed} steps of documents have no seal.")
    faults += unreadable
    for anchor in anchors:
        fault = anchor_fault(anchor, seals, max(seals, default=0), keys)
        faults += [fault] if fault else []
    newest = max((anchor.day for anchor in anchors), default=None)
    late = now - ANCHOR_AGE_MAX
    if oldest is not None and oldest < late and (newest is None or newest < late.date()):
        faults.append(f"there is no anchor since {newest or 'the first document'}.")
    return Verification(len(documents), len(seals), adopted, newest, faults)


def _anchors() -> tuple[list[Anchor], list[str]]:
    """Those of every day, and a sentence for each file that is none."""
    lake = Lake(settings.ENVIRONMENT)
    anchors, unreadable = [], []
    for stored in lake.storage.list(lake.anchor_uri(settings.SERVICE_NAME, "")):
        name = stored.uri.rpartition("/")[2]
        try:
            anchor = read_anchor(lake.storage.read(stored.uri))
        except ValueError as error:
            unreadable.append(f"{name} is no anchor: {error}.")
            continue
        if stored.uri != lake.anchor_uri(settings.SERVICE_NAME, str(anchor.day)):
            unreadable.append(f"{name} is the anchor of another day, {anchor.day}.")
        anchors.append(anchor)
    return anchors, unreadable
