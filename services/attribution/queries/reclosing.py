"""How a restated month stands to its next close, which nobody has to ask for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.attribution.domain.close_checks import CheckResult
from services.attribution.domain.reclose import Standing, due_at, stand
from services.attribution.models import Period, PeriodClose, Ruleset, Run
from services.attribution.queries.rulesets import reclose_of
from shared.periods import Month
from shared.runtime.business_time import business_time


@dataclass(frozen=True)
class Reclosing:
    """`due_at` is None where a person closes it; `overridden` are those of the close before."""

    due_at: datetime | None
    standing: Standing
    overridden: Sequence[dict[str, str]]


def reclosing_of(record: Period, run: Run, checks: Sequence[CheckResult]) -> Reclosing:
    """Of a reopened month. When it is due goes by the ruleset in force, its cost by its own."""
    newest = PeriodClose.objects.filter(period=record.period).order_by("number").last()
    overridden = newest.overridden_checks if newest else []
    figures = newest.figures if newest else {}
    known = {one["check"]: figures.get(one["check"], {}) for one in overridden}
    return Reclosing(reclose_due_at(record, run), stand(checks, known), overridden)


def reclose_due_at(record: Period, run: Run) -> datetime | None:
    current = Ruleset.objects.defer("content").get(is_current=True)
    since = record.content_since or run.created_at
    return due_at(reclose_of(current), Month.parse(record.period), business_time(since))
