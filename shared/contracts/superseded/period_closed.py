"""`attribution.period_closed.v1`, whose overrides were written `check: reason (who)`."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field
from typing import Any, Final

from pydantic.dataclasses import dataclass

from shared.contracts.attribution import PERIOD_CLOSED, Override, PeriodClosed
from shared.contracts.contract import Contract
from shared.contracts.fields import Words


@dataclass(frozen=True)
class PeriodClosedV1(PeriodClosed):
    """As the newer version, with each override as `check: reason (who)`."""

    overrides: list[Words] = field(default_factory=list)  # type: ignore[assignment]


def read_overrides(written: Sequence[str], *, closed_by: str) -> list[Override]:
    """Raises ValueError for what was not written so; who gave a reason is who closed."""
    return [_override(text, closed_by) for text in written]


def written_overrides(overrides: Sequence[Override]) -> list[str]:
    """As the older version has them."""
    return [f"{one.check}: {one.reason} ({one.by})" for one in overrides]


def _override(text: str, closed_by: str) -> Override:
    check, colon, rest = text.partition(": ")
    by = f" ({closed_by})"
    if not colon or not rest.endswith(by):
        raise ValueError(f"{text!r} is not 'check: reason ({closed_by})'")
    return Override(check, rest.removesuffix(by), closed_by)


def _upgraded(payload: Mapping[str, Any]) -> dict[str, Any]:
    overrides = read_overrides(payload["overrides"], closed_by=payload["closed_by"])
    return {**payload, "overrides": [asdict(one) for one in overrides]}


def _as_v1(fact: PeriodClosed) -> PeriodClosedV1:
    """The example of the newer version in the older one's form."""
    fields = {one.name: getattr(fact, one.name) for one in dataclasses.fields(fact)}
    return PeriodClosedV1(**{**fields, "overrides": written_overrides(fact.overrides)})


PERIOD_CLOSED_V1: Final = Contract(
    name="attribution.period_closed.v1",
    payload=PeriodClosedV1,
    producer=PERIOD_CLOSED.producer,
    consumers=PERIOD_CLOSED.consumers,
    versions=PERIOD_CLOSED.versions,
    example=_as_v1(PERIOD_CLOSED.example),
    successor=PERIOD_CLOSED,
    upgrade=_upgraded,
)
