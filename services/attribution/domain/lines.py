"""What rules can see of a bill line: the distinct combinations of it, not the lines themselves."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from shared.configuration.models import Selector


@dataclass(frozen=True)
class LineKey:
    """All lines with these values are claimed alike; `day` stands for a range of days."""

    account: str
    service: str
    service_code: str
    region: str
    usage_type: str
    resource: str
    charge_category: str
    tags: Mapping[str, str]
    """Those that selectors name."""
    day: dt.date
    label: tuple[str, str] | None = None
    """The first source of the label `tenant` with a value, and the value, trimmed."""


def matches(selector: Selector, line: LineKey) -> bool:
    """Every key of the selector matches; a service by its name or its code."""
    values: Sequence[tuple[tuple[str, ...] | None, Sequence[str]]] = (
        (selector.account, (line.account,)),
        (selector.service, (line.service, line.service_code)),
        (selector.resource, (line.resource,)),
        (selector.region, (line.region,)),
        (selector.usage_type, (line.usage_type,)),
        (selector.charge_category, (line.charge_category,)),
    )
    return (
        all(_any_matches(patterns, texts) for patterns, texts in values if patterns is not None)
        and all(
            name in line.tags and _any_matches(patterns, (line.tags[name],))
            for name, patterns in selector.tags.items()
        )
        and (selector.dates is None or line.day in selector.dates)
    )


def _any_matches(patterns: Sequence[str], texts: Sequence[str]) -> bool:
    return any(_compiled(pattern).fullmatch(text) for pattern in patterns for text in texts if text)


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))
