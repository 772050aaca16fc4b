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
Keys = Mapping[str, Sequence[bytes]]
"""By pair; of several, while one follows another, the last signs and each is taken."""


class ForgedEnvelope(Fault):
    """The signature does not fit: the envelope is dropped, and never acknowledged."""


@dataclass(frozen=True)
class Envelope:
    source: str
    dest: str
    kind: Kind
    items: Sequence[Mapping[str, Any]]

    def sealed(self, keys: Keys) -> dict[str, Any]:
        return {**self._content(), "signature": self._signatures(keys)[-1]}

    @classmethod
    def opened(cls, data: Mapping[str, Any], keys: Keys, *, at: str, kind: Kind) -> "Envelope":
        """Raises ForgedEnvelope: wrong signature, unknown pair, for another service, or task.

        An envelope of the other `kind` is signed with the key of the reverse pair: taken for facts,
        acknowledgements would let a consumer tell its producer anything.
        """
        try:
            envelope = cls(data["source"], data["dest"], data["kind"], data["items"])
            signature = str(data["signature"]).encode()
            is_signed = any(
                hmac.compare_digest(signature, made.encode()) for made in envelope._signatures(keys)
            )
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

    def _signatures(self, keys: Keys) -> list[str]:
        """By each key of the pair, in their order."""
        known = keys.get(self._pair())
        if not known:
            raise ForgedEnvelope(f"there is no key for {self._pair()}")
        content = json.dumps(self._content(), sort_keys=True, separators=(",", ":")).encode()
        return [hmac.new(key, content, hashlib.sha256).hexdigest() for key in known]

    def _pair(self) -> str:
        """The pair of the facts: an acknowledgement travels the same pair backwards."""
        if self.kind == "facts":
            return f"{self.source}>{self.dest}"
        return f"{self.dest}>{self.source}"
