"""The subject of a customer's session: made when a person signs in, used with every request."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from services.portal.models import User
from shared.auth.subjects import read_subject_keys, sign_subject, subject_end, subject_key

_SUBJECT: Final = "subject"


def keep_subject(session: SessionBase, user: User) -> None:
    """At a sign-in. It ends with the session: nobody sees rows by one that is gone."""
    if user.customer:
        until = datetime.now(UTC) + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        keys = _keys(settings.ENVIRONMENT.subject_keys_file)
        session[_SUBJECT] = sign_subject("customer", user.customer, until=until, keys=keys)


def subject_of(request: HttpRequest, user: User) -> str:
    """Empty where it has ended, or is another customer's than the person is of now."""
    subject: str = request.session.get(_SUBJECT, "")
    if not subject or subject_key(subject) != user.customer:
        return ""
    return subject if subject_end(subject) > datetime.now(UTC) else ""


@cache
def _keys(file: Path) -> dict[str, bytes]:
    return read_subject_keys(file)
