from datetime import datetime

from services.portal.domain.one_time_token import hash_of
from services.portal.models import OneTimeLink


def is_usable(*, token: str, now: datetime) -> bool:
    """Whether a link would sign somebody in; looking doesn't use it."""
    return OneTimeLink.objects.filter(
        token_hash=hash_of(token), used_at=None, expires_at__gt=now
    ).exists()
