import re
from typing import Final

from django.conf import settings

from services.ingestion.models import Source
from shared.faults import BadConfiguration, BadInput
from shared.lake.storage import Location

# What a bucket may be called (Amazon S3 User Guide, "General purpose bucket naming rules").
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def register_source(*, key: str, kind: str, uri: str, created_by: str) -> Source:
    """The same registration twice is one; another address under a known key is refused.

    So is our own lake: whoever may register would read other sources' bills and runs by it.
    """
    place = Location.parse(uri)
    if not _BUCKET.fullmatch(place.bucket):
        raise BadInput(
            f"{place.bucket!r} is not the name of a bucket.", remedy="Write s3://bucket/prefix."
        )
    if place.overlaps(Location.parse(settings.ENVIRONMENT.lake_uri)):
        raise BadConfiguration(
            f"{uri} is in the lake, where trueback keeps its own data.",
            field="uri",
            remedy="Name the bucket or prefix that AWS or your recorder writes to.",
        )
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
