"""Many messages of one producer to one consumer, signed as a whole.

HMAC-SHA256 with a key per pair: whoever gets into the broker or a neighbour service still can't
say "this period is closed". The signature covers the canonical JSON of everything else.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.faults import Fault


class ForgedEnvelope(Fault):
    """The signature does not fit: the envelope is dropped, and never acknowledged."""


@dataclass(frozen=True)
class Envelope:
    source: str
    dest: str
    kind: str
    items: Sequence[Mapping[str, Any]]

    def sealed(self, keys: Mapping[str, bytes]) -> dict[str, Any]:
        return {**self._content(), "signature": self._signature(keys)}

    @classmethod
    def opened(cls, data: Mapping[str, Any], keys: Mapping[str, bytes], *, at: str) -> "Envelope":
        """Raises ForgedEnvelope: wrong signature, unknown pair, or addressed to another service."""
        try:
            envelope = cls(data["source"], data["dest"], data["kind"], data["items"])
            signature = str(data["signature"])
        except KeyError as error:
            raise ForgedEnvelope(f"an envelope without {error}") from error
        if envelope.dest != at or not hmac.compare_digest(signature, envelope._signature(keys)):
            raise ForgedEnvelope(
                f"an envelope that says it is from {envelope.source} to {envelope.dest}"
                " is not signed by it"
            )
        return envelope

    def _content(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "dest": self.dest,
            "kind": self.kind,
            "items": [dict(item) for item in self.items],
        }

    def _signature(self, keys: Mapping[str, bytes]) -> str:
        key = keys.get(self._pair())
        if key is None:
            raise ForgedEnvelope(f"there is no key for {self._pair()}")
        content = json.dumps(self._content(), sort_keys=True, separators=(",", ":"))
        return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()

    def _pair(self) -> str:
        """The pair of the facts: an acknowledgement travels the same pair backwards."""
        if self.kind == "facts":
            return f"{self.source}>{self.dest}"
        return f"{self.dest}>{self.source}"
