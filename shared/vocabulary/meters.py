"""Meters' names, as a ruleset and as signals write them: with what a reader can tell apart."""

import re
import unicodedata

from shared.characters import UNSEEN


def meter_name(written: str) -> str:
    """Trimmed, in NFC, with single blanks and without characters that aren't shown.

    Case stays: `Requests` and `requests` may be two meters.
    """
    return unicodedata.normalize("NFC", " ".join(UNSEEN.sub("", written).split()))


def is_nearly(meter: str, other: str) -> bool:
    """Whether they differ in case, width and signs alone."""
    return bool(_bare(meter)) and _bare(meter) == _bare(other)


def _bare(meter: str) -> str:
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", meter).casefold())
