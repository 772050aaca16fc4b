"""A worker that could not say that it has done a message is ended, and started again.

kombu counts a message as being worked on until its acknowledgement has reached the broker. One that
fails is logged by Celery and never repeated, so a worker that takes one message at a time takes
none ever after, without a word: the broker was away for a moment in which nothing else was sent.
The message comes again to whoever asks next, and the inbox has it already.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

from celery.worker import state
from celery.worker.request import Request

logger = logging.getLogger(__name__)


class AcknowledgedRequest(Request):
    def __init__(self, message: Any, **options: Any) -> None:
        super().__init__(message, **options)
        # Celery calls them some time after the task, and takes their failure for its own to log.
        message.ack = _or_end(message.ack)
        message.reject = _or_end(message.reject)


def _or_end(tell: Callable[..., None]) -> Callable[..., None]:
    def tell_or_end(*args: Any, **options: Any) -> None:
        try:
            tell(*args, **options)
        except Exception:
            logger.error("the broker was not told that a message is done: the worker ends")  # noqa: TRY400 - Celery logs why
            state.should_stop = os.EX_TEMPFAIL  # type: ignore[assignment] # an exit code
            raise

    return tell_or_end
