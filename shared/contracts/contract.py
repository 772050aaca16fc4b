"""A message: name and version, payload, example, who produces it and who consumes it.

A payload is only ever extended by optional fields; anything else is a new version, and both are
consumed for one release: the older names its `successor`, producers send that one alone, and
`newest` brings what still comes of the older into its form. Services handle the newest only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Generic, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from shared.contracts.fields import IMPLAUSIBLE, JUDGED
from shared.contracts.versions import VERSION_MAX, ImplausibleValue, ImplausibleVersion

Payload = TypeVar("Payload")
Service = Literal["ingestion", "attribution", "invoicing", "portal"]
_REMEDY: Final = "Look at what its producer has sent; nothing of it was taken."

# Unknown fields are ignored, so that a newer producer can talk to an older consumer.
payload_config = with_config(ConfigDict(extra="ignore"))


@dataclass(frozen=True)
class Contract(Generic[Payload]):
    """`subject` names the payload field that holds the customer or tenant the fact is about.

    Consumers handle such a message in the scope of that subject; '' means the operator's own fact.
    `upgrade` makes of a dumped payload one of the `successor`; it raises ValueError for a value
    that the successor has no form for, so that nothing wrong is taken.
    `versions` are the payload fields that hold a version, none where each fact comes once; one step
    of a version adds `version_unit`.
    """

    name: str
    payload: type[Payload]
    producer: Service
    consumers: tuple[Service, ...]
    example: Payload
    subject: str = ""
    successor: "Contract[Any] | None" = None
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    versions: tuple[str, ...] = ()
    version_unit: int = 1

    def __post_init__(self) -> None:
        producer, _, version = self.name.partition(".")[0], None, self.name.rpartition(".")[2]
        if producer != self.producer or not version.startswith("v"):
            raise ValueError(f"{self.name} is not producer.fact_in_past_tense.vN")
        if (self.successor is None) != (self.upgrade is None):
            raise ValueError(f"{self.name} has a successor without a way to it, or the reverse")

    @cached_property
    def _adapter(self) -> TypeAdapter[Payload]:
        return TypeAdapter(self.payload)

    def dump(self, payload: Payload) -> dict[str, Any]:
        """JSON values; amounts are decimal strings, times RFC 3339 in UTC."""
        dumped: dict[str, Any] = self._adapter.dump_python(payload, mode="json")
        return dumped

    def load(self, data: Any) -> Payload:
        """Its values are not judged. Raises pydantic.ValidationError, which names the field."""
        return self._adapter.validate_python(data)

    def judged(self, data: Any) -> Payload:
        """Raises ImplausibleValue, too, for what no field of its kind holds."""
        try:
            return self._adapter.validate_python(data, context=JUDGED)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                if each["type"] == IMPLAUSIBLE:
                    # A key of a map is the sender's own text.
                    field = ".".join(map(str, each["loc"])).encode("unicode_escape").decode()
                    raise ImplausibleValue(
                        f"{self.name} has a wrong {field}: {each['msg']}.", remedy=_REMEDY
                    ) from error
            raise

    def newest(self, data: Any) -> "tuple[Contract[Any], Any]":
        """The newest contract of this fact, and the payload in its form, judged in both.

        Raises pydantic.ValidationError or ValueError where the data is not of this version, and
        ImplausibleValue.
        """
        payload = self.judged(data)
        if self.successor is None or self.upgrade is None:
            return self, payload
        return self.successor.newest(self.upgrade(self.dump(payload)))

    def check_versions(self, payload: Payload) -> None:
        """Raises ImplausibleVersion for one that is not counted from 1, or absurdly high."""
        highest = VERSION_MAX * self.version_unit
        for field in self.versions:
            version = getattr(payload, field)
            if not 1 <= version <= highest:
                raise ImplausibleVersion(
                    f"{self.name} has {field} {version}; it is 1 to {highest}.",
                    remedy=_REMEDY,
                )

    def schema(self) -> dict[str, Any]:
        return self._adapter.json_schema(mode="serialization")
