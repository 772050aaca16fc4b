"""Navigation, period and person: what stands around every page but sign-in and errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.portal.domain.period_states import FreshnessState
from shared.periods import Month
from shared.vocabulary.modes import Mode

Section = Literal[
    "overview",
    "margins",
    "pools",
    "close",
    "invoices",
    "sources",
    "changes",
    "health",
    "audit",
    "home",
]


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    role_label: str


@dataclass(frozen=True)
class OtherPerson:
    """Somebody whom the demo lets one be."""

    name: str
    full_name: str
    role_label: str


@dataclass(frozen=True)
class TourStop:
    number: int
    title: str
    text: str


@dataclass(frozen=True)
class DemoStrip:
    """`stop` is None where no tour runs; `is_other_person`: another looks than at the stop before.

    `next` and `previous` are None where there is none.
    """

    people: Sequence[OtherPerson]
    stop: TourStop | None
    stop_count: int
    next: TourStop | None
    previous: TourStop | None
    is_other_person: bool


@dataclass(frozen=True)
class Freshness:
    state: FreshnessState
    as_of: datetime | None
    estimated: bool


@dataclass(frozen=True, kw_only=True)
class Frame:
    """`sections` are what this person may open, `section` the current one of them, or empty.

    `organisation` is the seller, empty before the first invoice. `periods` are newest first; empty
    hides the picker. `may_be_all`: all of them may be shown at once, which a `period` of None is.
    `demo` is None where this is no demo. Anything but `live` is marked.
    """

    home_url: str
    organisation: str
    environment: Mode
    sections: Sequence[Section]
    section: Section | Literal[""]
    user: Person
    demo: DemoStrip | None
    periods: Sequence[Month] = ()
    period: Month | None = None
    earlier: Month | None = None
    later: Month | None = None
    freshness: Freshness | None = None
    may_be_all: bool = False
