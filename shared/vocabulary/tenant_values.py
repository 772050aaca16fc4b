"""When two written values mean the same tenant, and when they only look as if they did."""

import re
import unicodedata
from typing import Final

from shared.characters import UNSEEN

_WIDTHS: Final = re.compile("[\uff01-\uffee]+")


def folded(value: str) -> str:
    """Tenant values are compared trimmed, in Unicode's NFC and without regard to case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).strip().casefold())


def as_seen(value: str) -> str:
    """Folded, and without what a reader can't see.

    That is characters that aren't shown, which blank it is and how many, and how wide letters are.
    """
    visible = UNSEEN.sub("", value)
    of_one_width = _WIDTHS.sub(lambda run: unicodedata.normalize("NFKC", run.group()), visible)
    return folded(" ".join(of_one_width.split()))
