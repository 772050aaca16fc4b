"""The time that a month is over by, is quiet by, and may be charged until.

It is the real one. A demo or a test stands on a date of its own, so that the same months are over
whenever it is run: docs/decisions/0029. What is written down as done at a time, and what expires,
goes by the real clock.
"""

from datetime import UTC, datetime

from django.conf import settings


def business_now() -> datetime:
    return business_time(datetime.now(UTC))


def business_time(moment: datetime) -> datetime:
    """When something that really was at that moment counts as having been."""
    shifted: datetime = moment + settings.ENVIRONMENT.business_shift
    return shifted
