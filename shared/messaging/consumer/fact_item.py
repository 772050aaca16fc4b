"""One fact of an envelope: read, and judged by its contract, before any handler sees it."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from shared.characters import NOT_IN_A_COLUMN
from shared.contracts.contract import Contract
from shared.contracts.routes import CONTRACTS
from shared.contracts.versions import RefusedFact
from shared.faults import Fault

# As long as the columns that hold it.
_TOPIC_LENGTH_MAX: Final = 100


class MalformedItem(Fault):
    """What is signed is no message: there is nothing to count, keep or acknowledge it by."""


class UnknownVersion(Fault):
    """A message of a version that this release does not take, such as one of a later release."""


class ForeignFact(RefusedFact):
    """A fact that its sender may not tell, this service may not hear, or about another subject.

    The key of a pair proves who speaks, not what about: a service that has one may be in foreign
    hands, and then tells whatever hurts most.
    """


@dataclass(frozen=True)
class FactItem:
    message_id: str
    topic: str
    subject: str
    payload: str

    @classmethod
    def read(cls, raw: Any) -> "FactItem":
        """Raises MalformedItem."""
        try:
            item = cls(
                message_id=str(uuid.UUID(raw["id"])),
                topic=raw["topic"],
                subject=raw["subject"],
                payload=raw["payload"],
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MalformedItem(f"an item that is no message: {error!r}") from error
        texts = (item.topic, item.subject, item.payload)
        if not all(isinstance(text, str) and not NOT_IN_A_COLUMN.search(text) for text in texts):
            raise MalformedItem(f"{item.message_id} is no message: its fields are not text")
        if len(item.topic) > _TOPIC_LENGTH_MAX:
            raise MalformedItem(f"{item.message_id} is no message: its topic is too long")
        return item

    def judged(self, *, source: str, handled: Iterable[str]) -> tuple[Contract[Any], Any]:
        """Its newest contract and payload in that form, where it may come from `source`.

        Raises UnknownVersion, ForeignFact, ImplausibleVersion or ImplausibleValue, and what the
        payload's form raises (`Contract.newest`).
        """
        if self.topic not in CONTRACTS:
            raise UnknownVersion(_unknown(self.topic, CONTRACTS))
        declared = CONTRACTS[self.topic]
        is_expected = declared.producer == source and settings.SERVICE_NAME in declared.consumers
        # A control of the attacks: whoever has a key tells anything.
        if not is_expected and not settings.ENVIRONMENT.injects("producer_check_off"):
            raise ForeignFact(
                f"{source} may not tell {settings.SERVICE_NAME} of {declared.name}:"
                f" {declared.producer} tells it, to {', '.join(declared.consumers)}."
            )
        data = json.loads(self.payload)
        contract, payload = declared.newest(data)
        if contract.name not in handled:
            raise UnknownVersion(_unknown(self.topic, handled))
        # Handled as staff, so that nothing but this keeps a fact to its subject.
        about = str(getattr(payload, contract.subject)) if contract.subject else ""
        if self.subject != about:
            raise ForeignFact(f"{declared.name} about {about!r} says it is about {self.subject!r}.")
        contract.check_versions(payload)
        return contract, payload


def _unknown(topic: str, known: Iterable[str]) -> str:
    fact = topic.rpartition(".")[0]
    versions = sorted(name for name in known if name.rpartition(".")[0] == fact)
    taken = f"takes {', '.join(versions)}" if versions else "takes nothing of that name"
    return f"{settings.SERVICE_NAME} does not take {topic}: this release of it {taken}."
