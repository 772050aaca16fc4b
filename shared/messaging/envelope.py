"""Many messages of one producer to one consumer, signed as a whole.

HMAC-SHA256 with a key per pair: whoever gets into the broker or a neighbour service still can't
say "this period is closed". The signature covers the canonical JSON of everything else.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from shared.faults import Fault

Kind = Literal["facts", "acks"]


class ForgedEnvelope(Fault):
    """The signature does not fit: the envelope is dropped, and never acknowledged."""


@dataclass(frozen=True)
class Envelope:
    source: str
    dest: str
    kind: Kind
    items: Sequence[Mapping[str, Any]]

    def sealed(self, keys: Mapping[str, bytes]) -> dict[str, Any]:
        return {**self._content(), "signature": self._signature(keys)}

    @classmethod
    def opened(
        cls, data: Mapping[str, Any], keys: Mapping[str, bytes], *, at: str, kind: Kind
    ) -> "Envelope":
        """Raises ForgedEnvelope: wrong signature, unknown pair, for another service, or task.

        An envelope of the other `kind` is signed with the key of the reverse pair: taken for facts,
        acknowledgements would let a consumer tell its producer anything.
        """
        try:
            envelope = cls(data["source"], data["dest"], data["kind"], data["items"])
            signature = str(data["signature"]).encode()
            is_signed = hmac.compare_digest(signature, envelope._signature(keys).encode())
        except (KeyError, TypeError, ValueError) as error:
            raise ForgedEnvelope(f"an envelope that can't be read: {error!r}") from error
        if envelope.dest != at or envelope.kind != kind or not is_signed:
            raise ForgedEnvelope(
                f"an envelope that says it has {envelope.kind} from {envelope.source} to"
                f" {envelope.dest} is not signed by it, or not for here"
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
