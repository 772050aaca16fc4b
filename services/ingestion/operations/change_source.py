"""What a person may do to a source: change its address, pause, resume, retire, look at it now."""

from typing import Any

from django.db.models.functions import Now

from services.ingestion.domain.addresses import UPLOAD, Address
from services.ingestion.domain.refusals import UnableToDo
from services.ingestion.models import Source
from services.ingestion.operations.register_source import check_address_is_free


def change_address(*, key: str, address: Address, reason: str, by: str) -> Source:
    """`address` was tried. What was delivered from the one before stays, and stays current."""
    source = _locked(key)
    if (source.uri.startswith(UPLOAD)) != (address.scheme == UPLOAD):
        raise UnableToDo(
            "A source of files given by hand has no other address: register a new source.",
            code="other_kind_of_source",
        )
    check_address_is_free(address.uri, key=key)
    return _write(source, uri=address.uri, reason=reason, by=by, **_UNSEEN)


def pause_source(*, key: str, reason: str, by: str) -> Source:
    source = _locked(key)
    return _write(source, state=Source.State.PAUSED, reason=reason, by=by)


def resume_source(*, key: str, reason: str, by: str) -> Source:
    source = _locked(key)
    return _write(source, state=Source.State.ACTIVE, reason=reason, by=by, next_look_at=None)


def retire_source(*, key: str, reason: str, by: str) -> Source:
    """For good: its key is never used again, and its address is free for another source."""
    source = _locked(key)
    failure = {name: _UNSEEN[name] for name in ("failing_since", "failure_code", "failure")}
    return _write(source, state=Source.State.RETIRED, reason=reason, by=by, **failure)


def look_again(*, key: str) -> Source:
    """At the next beat, however often it has failed."""
    source = _locked(key)
    if source.state != Source.State.ACTIVE:
        raise UnableToDo(
            f"Source {key} is {source.state}, and not looked at.",
            code="source_not_active",
            state=source.state,
        )
    source.next_look_at = None
    source.save(update_fields=["next_look_at"])
    return source


_UNSEEN: dict[str, Any] = {
    "failing_since": None,
    "failure_code": "",
    "failure": "",
    "failure_count": 0,
    "looked_at": None,
    "next_look_at": None,
    "seen": {},
}


def _locked(key: str) -> Source:
    """Raises UnableToDo for a retired one, which nothing is done to any more."""
    source = Source.objects.select_for_update().get(pk=key)
    if source.state == Source.State.RETIRED:
        raise UnableToDo(
            f"Source {key} is retired; register a new one. What this one has delivered counts:"
            " withdraw it where the new one delivers the same.",
            code="source_retired",
        )
    return source


def _write(source: Source, *, reason: str, by: str, **changed: Any) -> Source:
    for name, value in {**changed, "change_reason": reason, "changed_by": by}.items():
        setattr(source, name, value)
    source.changed_at = Now()
    source.save()
    source.refresh_from_db()
    return source
