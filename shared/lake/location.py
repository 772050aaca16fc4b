"""Addresses in S3, without what speaks to it."""

from dataclasses import dataclass
from typing import Final

from shared.faults import BadInput

SCHEME: Final = "s3://"


@dataclass(frozen=True)
class Location:
    bucket: str
    key: str

    @classmethod
    def parse(cls, uri: str) -> "Location":
        if not uri.startswith(SCHEME):
            raise BadInput(f"{uri!r} is not an s3:// address.", remedy="Write s3://bucket/prefix.")
        bucket, _, key = uri.removeprefix(SCHEME).partition("/")
        return cls(bucket, key)

    def overlaps(self, other: "Location") -> bool:
        """Whether one of two prefixes holds objects of the other."""
        one, two = f"{self.key.rstrip('/')}/".lstrip("/"), f"{other.key.rstrip('/')}/".lstrip("/")
        return self.bucket == other.bucket and (one.startswith(two) or two.startswith(one))
