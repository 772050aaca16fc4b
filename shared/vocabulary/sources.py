"""Words of sources and deliveries that ingestion writes and the portal shows."""

from enum import StrEnum


class SourceState(StrEnum):
    """A retired one is never looked at again; what it has delivered stays."""

    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


class DeliveryState(StrEnum):
    """`waiting`: not whole yet, or still changing. `overtaken`: a newer one came before that.

    `withdrawn`: it was read and counted, until a person took it back.
    """

    FOUND = "found"
    WAITING = "waiting"
    COLLECTED = "collected"
    UNCHANGED = "unchanged"
    QUARANTINED = "quarantined"
    OVERTAKEN = "overtaken"
    WITHDRAWN = "withdrawn"


class DeliveryFault(StrEnum):
    """Why a delivery waits or is in quarantine; `ACCEPTABLE` are those a person may accept."""

    BAD_CONTENT = "bad_content"
    INCOMPLETE = "incomplete"
    NEWER_THAN_MANIFEST = "newer_than_manifest"
    NO_MANIFEST = "no_manifest"


# What the files hold is checked all the same; only whether they belong together is a person's word.
ACCEPTABLE = frozenset({DeliveryFault.NEWER_THAN_MANIFEST, DeliveryFault.NO_MANIFEST})


class AddressFault(StrEnum):
    """Why the address of a source is not taken."""

    NOT_AN_ADDRESS = "not_an_address"
    BAD_BUCKET_NAME = "bad_bucket_name"
    BUCKET_NOT_ALLOWED = "bucket_not_allowed"
    IN_THE_LAKE = "in_the_lake"
    OUTSIDE_THE_ROOT = "outside_the_root"
    NO_SUCH_FOLDER = "no_such_folder"
    NO_SUCH_BUCKET = "no_such_bucket"
    ACCESS_DENIED = "access_denied"
    BAD_CREDENTIALS = "bad_credentials"
    OTHER_REGION = "other_region"
    NO_STORAGE = "no_storage"
    EMPTY = "empty_prefix"
    NO_DELIVERY = "no_delivery"
