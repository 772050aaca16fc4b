"""Which tag names the tenant: a score in points, and why, in words a person can check.

Points by judgement, not by measurement: a name that says it counts most, then how much of the cost
carries the tag, then whether its values look like tenants and stay from day to day. Below some
points, or a share of the cost, there is nothing to start from.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

Certainty = Literal["sure", "likely", "a guess"]

_WORD: Final = re.compile(r"[a-z]+")
_TENANT_WORDS: Final = frozenset(
    _WORD.findall(
        "customer tenant client account subscriber organisation organization org company workspace"
        " merchant partner"
    )
)
_SURE_WORDS: Final = frozenset(["customer", "tenant", "client"])
_OTHER_WORDS: Final = frozenset(
    _WORD.findall(
        "env environment stage team owner name product project app application service component"
        " cost centre center costcenter department role version cluster namespace created createdby"
        " terraform managed repo repository region type compliance feature tier classification"
        " backup schedule patch security confidentiality expiry"
    )
)
_COST_CATEGORY: Final = "costCategory/"
_ID_VALUES_MIN: Final = 20
_SURE_SCORE: Final = 70
_LIKELY_SCORE: Final = 40
_SURE_LEAD: Final = 15
_SCORE_MIN: Final = 25
_PERCENT_MIN: Final = 10


@dataclass(frozen=True)
class LabelUse:
    """How a tag is used on lines of usage that cost something."""

    keys: tuple[str, ...]
    """Several, where these are spellings of one; the one with the most cost first."""
    covered: Decimal
    total: Decimal
    value_count: int
    largest_value: Decimal
    resource_count: int
    """Roughly, and once per value."""
    day_count: int
    day_total: int

    @property
    def percent(self) -> int:
        return min(int(100 * self.covered / self.total), 100) if self.total else 0


@dataclass(frozen=True)
class Ranked:
    use: LabelUse
    score: int
    reasons: tuple[str, ...]
    certainty: Certainty

    @property
    def is_enough(self) -> bool:
        return self.score >= _SCORE_MIN and self.use.percent >= _PERCENT_MIN

    @property
    def is_named_like_a_tenant(self) -> bool:
        return all(_name_points(key)[0] > 0 for key in self.use.keys)


def rank_labels(uses: Iterable[LabelUse]) -> tuple[Ranked, ...]:
    scored = [(use, list(_points(use))) for use in uses]
    order = sorted(scored, key=lambda each: (-_score(each[1]), -each[0].covered, each[0].keys))
    scores = [_score(points) for _, points in order]
    return tuple(
        Ranked(
            use=use,
            score=scores[at],
            reasons=tuple(reason for _, reason in points),
            certainty=_certainty(scores[at], max(scores[:at] + scores[at + 1 :], default=0)),
        )
        for at, (use, points) in enumerate(order)
    )


def _score(points: list[tuple[int, str]]) -> int:
    return sum(number for number, _ in points)


def _certainty(score: int, next_best: int) -> Certainty:
    if score >= _SURE_SCORE and score - next_best >= _SURE_LEAD:
        return "sure"
    return "likely" if score >= _LIKELY_SCORE else "a guess"


def _points(use: LabelUse) -> Iterator[tuple[int, str]]:
    if len(use.keys) > 1:
        yield 0, f"{len(use.keys)} spellings of one key"
    yield min(map(_name_points, use.keys))
    yield use.percent * 3 // 10, f"on {use.percent} % of the cost"
    yield _by_values(use)
    stable = 10 * use.day_count // max(use.day_total, 1)
    yield stable, f"on {use.day_count} of {use.day_total} days"


def _name_points(key: str) -> tuple[int, str]:
    if key.startswith(("aws:", "aws_")):
        return -60, "set by AWS"
    if key.startswith(_COST_CATEGORY):
        points, reason = _name_points(key.removeprefix(_COST_CATEGORY))
        return min(points - 10, 40), f"a cost category, {reason}"
    words = set(_WORD.findall(re.sub(r"([a-z])([A-Z])", r"\1 \2", key).lower()))
    if words & _SURE_WORDS:
        return 50, "named like a tenant"
    if words & _TENANT_WORDS:
        return 35, "named like an owner of accounts"
    if words & _OTHER_WORDS:
        return -40, "named like something else"
    return 0, "its name says nothing"


def _by_values(use: LabelUse) -> tuple[int, str]:
    count = f"{use.value_count:,} value{'s' if use.value_count > 1 else ''}"
    if use.value_count == 1:
        return -30, f"{count} only"
    if use.value_count > _ID_VALUES_MIN and use.value_count * 10 > use.resource_count * 8:
        return -30, f"{count}, one per resource"
    if use.largest_value * 100 > use.covered * 95:
        return 0, f"{count}, one of them nearly all"
    return 10, count
