"""Sealing every step of every document into one chain, and anchoring its end outside."""

import logging
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from services.invoicing.domain.document_chain import make_anchor, seal_of, write_anchor
from services.invoicing.models import DocumentChain, DocumentSeal, Transition
from services.invoicing.queries.document_chain import (
    digest_of_document,
    document_digests,
    document_of,
    link_content,
    step_of,
    unsealed_steps,
)
from shared.auth.key_files import read_keys
from shared.faults import BadConfiguration
from shared.isolation.scope import as_ops
from shared.jobs.lease import require_lease
from shared.lake.lake import Lake

logger = logging.getLogger(__name__)

CHAIN: Final = "documents"
FIELD: Final = "TRUEBACK_SEAL_KEYS_FILE"


def seal_keys() -> dict[str, bytes]:
    """Raises BadConfiguration in a process that was given none: it may write no document."""
    file = settings.ENVIRONMENT.seal_keys_file
    if file is None:
        raise BadConfiguration(
            "this process has no key to seal documents with.",
            field=FIELD,
            remedy="Give it to invoicing's web, worker and runner.",
        )
    return _keys(file)


@cache
def _keys(file: Path) -> dict[str, bytes]:
    return read_keys(file, field=FIELD)


def seal_step(transition: Transition) -> None:
    """In the transaction that has written it; the next one waits for its end."""
    chain = _locked_chain()
    if chain.position == 0:
        _adopt(chain, but=transition.pk)
    step = step_of(transition)
    _append(chain, transition.pk, step, digest_of_document(step), is_adopted=False)
    chain.save()


def begin_chain() -> None:
    """A job, once: what an earlier release has written without a key is sealed as it stands now."""
    with as_ops():
        chain = _locked_chain()
        if chain.position == 0:
            _adopt(chain)
            chain.save()


def anchor_documents(*, day: str) -> None:
    """A job: the end of the chain, written into the lake once a day and never again."""
    with as_ops():
        chain = _locked_chain()
    key_id, key = list(seal_keys().items())[-1]
    anchor = make_anchor(
        date.fromisoformat(day), count=chain.position, seal=chain.seal, key_id=key_id, key=key
    )
    lake = Lake(settings.ENVIRONMENT)
    require_lease()
    lake.storage.write_once(write_anchor(anchor), lake.anchor_uri(settings.SERVICE_NAME, day))


def _locked_chain() -> DocumentChain:
    """Of two that begin it at once, the second waits for the first at the key of its row."""
    chain = DocumentChain.objects.select_for_update().filter(name=CHAIN).first()
    if chain is None:
        DocumentChain.objects.get_or_create(name=CHAIN)
        chain = DocumentChain.objects.select_for_update().get(name=CHAIN)
    return chain


def _adopt(chain: DocumentChain, *, but: int | None = None) -> None:
    """Only while the chain has no link: later, a step without one is not to be trusted."""
    digests = document_digests()
    for key, step in unsealed_steps():
        if key != but:
            _append(chain, key, step, digests[document_of(step)], is_adopted=True)
    if chain.position:
        logger.warning("%s steps of an earlier release are sealed now, once", chain.position)


def _append(
    chain: DocumentChain, transition: int, step: dict[str, Any], digest: str, *, is_adopted: bool
) -> None:
    key_id, key = list(seal_keys().items())[-1]
    content = link_content(step, digest, is_adopted=is_adopted)
    position = chain.position + 1
    seal = seal_of(key, previous=chain.seal, position=position, content=content)
    DocumentSeal.objects.create(
        position=position,
        transition_id=transition,
        document_digest=digest,
        is_adopted=is_adopted,
        key_id=key_id,
        seal=seal,
    )
    chain.position, chain.seal = position, seal
