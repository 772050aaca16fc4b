"""Why a closed month comes out otherwise now, as a person reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.vocabulary.names import as_heading
from shared.vocabulary.revision_causes import RevisionCause


@dataclass(frozen=True)
class Cause:
    """`line_count` and `billed` are what the bill corrects more than before.

    `bill_period` is the later month in whose bill that came, "" for the month's own.
    """

    code: str
    source: str
    line_count: int
    billed: Decimal
    currency: str
    bill_period: str = ""


_WORDS: Final[Mapping[str, str]] = {
    RevisionCause.BILL: "the bill of {source} was restated",
    RevisionCause.CORRECTION: "the bill of {source} corrects earlier charges",
    RevisionCause.SIGNALS: "the signals of {source} came anew",
    RevisionCause.WORKLOADS: "the workloads of {source} came anew",
    RevisionCause.RULES: "the rules of trueback.yaml were changed",
    RevisionCause.SOFTWARE: "trueback itself was updated",
}


def cause_in_words(cause: Cause) -> str:
    """One that is newer than this page is shown by its code."""
    words = _WORDS.get(cause.code, cause.code.replace("_", " "))
    if cause.bill_period:
        words = "the bill of {source} for {bill_period} has lines of this month"
    return as_heading(words.format(source=cause.source, bill_period=cause.bill_period))
