"""Why a month was corrected, in sentences for its customer: on documents and on pages."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.periods import Month
from shared.vocabulary.revision_causes import RevisionCause

# Repricing by agreement has none among the causes that two runs are compared by.
_BY_CAUSE: Final[Mapping[str, str]] = {
    RevisionCause.BILL: "AWS has corrected its bill for {month}.",
    RevisionCause.CORRECTION: "AWS has corrected its bill for {month}.",
    RevisionCause.SIGNALS: "Usage data of {month} arrived late.",
    RevisionCause.WORKLOADS: "Usage data of {month} arrived late.",
    RevisionCause.RULES: "We have corrected how shared cost of {month} is divided.",
    RevisionCause.SOFTWARE: "How we read the bill of {month} was corrected.",
    "terms": "The terms of {month} were changed by agreement.",
}


def reason_sentences(causes: Iterable[str], period: str) -> list[str]:
    """Each once, in the order of the causes; one that is for staff alone has none."""
    month = f"{Month.parse(period).start:%B %Y}"
    known = (_BY_CAUSE[cause] for cause in causes if cause in _BY_CAUSE)
    return [sentence.format(month=month) for sentence in dict.fromkeys(known)]
