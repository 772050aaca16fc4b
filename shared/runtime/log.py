"""The one form of a line in a process's log, and what never stands in one.

Whatever is logged goes through `LogLine`: our own messages, those of a library, a traceback with
what it quotes, and what nobody has caught. What is kept out is known by its value, where the
environment has told it to this process, or by its form.
"""

import logging
import re
import sys
import threading
from collections.abc import Sequence
from copy import copy
from types import TracebackType
from typing import Final

_log: Final = logging.getLogger(__name__)
_HIDDEN: Final = "..."
# Shorter ones are words that stand in a log for other reasons, too.
_VALUE_CHARACTERS_MIN: Final = 12
# Django's word for a request that no client of ours makes, such as one for another host. Whoever
# sends it would write twenty lines with each, of which the first says all.
_REFUSED_REQUESTS: Final = "django.security."
_END: Final = r"[^\s\"'<>&]+"
_FORMS: Final = re.compile(
    "|".join(
        (
            rf"(?<=/sign-in/){_END}",
            r"(?<=://)[^\s/@\"']*:[^\s/@\"']*(?=@)",
            # RFC 6750 and 7617, and the parameters of presigned URLs (AWS SigV4 and V2).
            r"(?<=bearer )[\w.~+/=-]{16,}",
            r"(?<=basic )[\w.~+/=-]{16,}",
            rf"(?<=signature=){_END}",
            rf"(?<=x-amz-credential=){_END}",
            rf"(?<=x-amz-security-token=){_END}",
            rf"(?<=awsaccesskeyid=){_END}",
            rf"(?<=password=){_END}",
            rf"(?<=[?&]token=){_END}",
            # A JSON web token is three parts, of which the first begins with `{"`.
            r"\beyJ[\w-]+\.[\w-]+\.[\w-]*",
            # Stripe's keys and webhook secrets.
            r"\b(?:sk|rk)_(?:live|test)_\w+",
            r"\bwhsec_\w+",
        )
    ),
    re.IGNORECASE,
)


class LogLine(logging.Formatter):
    """`secrets` are values that no line may hold, whatever stands around them."""

    def __init__(
        self, fmt: str | None = None, datefmt: str | None = None, *, secrets: Sequence[str] = ()
    ) -> None:
        super().__init__(fmt, datefmt)
        long_ones = [text for text in secrets if len(text) >= _VALUE_CHARACTERS_MIN]
        self._values = sorted(long_ones, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        if record.name.startswith(_REFUSED_REQUESTS):
            record = copy(record)
            record.exc_info = record.exc_text = None
        line = super().format(record)
        for value in self._values:
            line = line.replace(value, _HIDDEN)
        return without_secrets(line)


def without_secrets(text: str) -> str:
    """What is known as a secret by its form is hidden."""
    return _FORMS.sub(_HIDDEN, text)


def log_what_nobody_catches() -> None:
    """Python itself would print it past the log."""
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda given: _log_uncaught(
        given.exc_type, given.exc_value, given.exc_traceback
    )


def _log_uncaught(
    kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    _log.critical("nobody has caught this", exc_info=(kind, error or kind(), traceback))
