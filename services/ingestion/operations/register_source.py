from services.ingestion.models import Source
from shared.faults import BadConfiguration
from shared.lake.storage import Location


def register_source(*, key: str, kind: str, uri: str, created_by: str) -> Source:
    """The same registration twice is one; another address under a known key is refused."""
    Location.parse(uri)
    source, is_new = Source.objects.get_or_create(
        key=key, defaults={"kind": kind, "uri": uri, "created_by": created_by}
    )
    if not is_new and (source.kind, source.uri) != (kind, uri):
        raise BadConfiguration(
            f"source {key} already reads {source.kind} from {source.uri}.",
            field="key",
            remedy="Choose another key: periods of two exports are never mixed.",
        )
    return source
