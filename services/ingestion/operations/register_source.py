from django.db import IntegrityError, transaction

from services.ingestion.domain.addresses import parse_address
from services.ingestion.gateways.readable import readable
from services.ingestion.models import Source
from shared.faults import BadConfiguration


def register_source(*, key: str, kind: str, uri: str, created_by: str) -> Source:
    """The same registration twice is one; another address under a known key is refused.

    So is our own lake: whoever may register would read other sources' bills and runs by it. Whether
    anything lies there is the caller's to try.
    """
    address = parse_address(uri, key=key, readable=readable())
    check_address_is_free(address.uri, key=key)
    try:
        with transaction.atomic(savepoint=True):
            source, is_new = Source.objects.get_or_create(
                key=key, defaults={"kind": kind, "uri": address.uri, "created_by": created_by}
            )
    except IntegrityError:
        check_address_is_free(address.uri, key=key)
        raise
    if not is_new and (source.kind, source.uri) != (kind, address.uri):
        raise BadConfiguration(
            f"source {key} already reads {source.kind} from {source.uri}.",
            field="key",
            remedy="Choose another key: periods of two exports are never mixed. Where the same"
            " export has moved, change the source's address.",
        )
    if source.state == Source.State.RETIRED:
        raise BadConfiguration(
            f"source {key} is retired.", field="key", remedy="Choose another key."
        )
    return source


def check_address_is_free(uri: str, *, key: str) -> None:
    """Raises BadConfiguration where another source reads it: its cost would count twice."""
    others = Source.objects.filter(uri=uri).exclude(pk=key).exclude(state=Source.State.RETIRED)
    if other := others.first():
        raise BadConfiguration(
            f"source {other.key} already reads {uri}.",
            field="uri",
            remedy="Nothing is to be done; the same bill must not be counted twice.",
        )
