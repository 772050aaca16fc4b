"""Sign-in by a link that works once."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from services.portal.domain.one_time_token import hash_of
from services.portal.models import OneTimeLink, User

LIFETIME: Final = timedelta(hours=12)


def put_user(*, name: str, full_name: str, role: str, customer: str = "") -> User:
    user, _ = User.objects.update_or_create(
        name=name, defaults={"full_name": full_name, "role": role, "customer": customer}
    )
    return user


def create_link(*, name: str, now: datetime) -> str:
    """The token of a new link; it is shown once and only its hash is kept."""
    token = secrets.token_urlsafe(32)
    OneTimeLink.objects.create(
        token_hash=hash_of(token),
        user=User.objects.get(name=name, is_active=True),
        expires_at=now + LIFETIME,
    )
    return token


def use_link(*, token: str, now: datetime) -> User | None:
    """The person whose link it is, once; None for one that is used, too old or unknown."""
    used = OneTimeLink.objects.filter(
        token_hash=hash_of(token), used_at=None, expires_at__gt=now
    ).update(used_at=now)
    if used != 1:
        return None
    return User.objects.filter(links__token_hash=hash_of(token), is_active=True).first()
