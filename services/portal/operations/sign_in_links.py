"""Sign-in by a link that works once."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from services.portal.domain.one_time_token import hash_of
from services.portal.models import OneTimeLink, User
from shared.audit.entries import write_entry
from shared.auth.actors import Actor
from shared.vocabulary.audit import AuditAction
from shared.vocabulary.roles import Role

# A link is opened where it was made or mailed; who comes later asks for another.
LIFETIME: Final = timedelta(minutes=15)
# Whoever may run the portal's command; no person of the portal does this.
_OPERATOR: Final = Actor("operator", Role.SERVICE)


def put_user(*, name: str, full_name: str, role: str, customer: str = "") -> User:
    """A person who is known keeps the sign-ins there are."""
    before = User.objects.filter(name=name).first()
    user, _ = User.objects.update_or_create(
        name=name, defaults={"full_name": full_name, "role": role, "customer": customer}
    )
    is_same = before is not None and (before.role, before.customer) == (role, customer)
    if not is_same:
        write_entry(
            AuditAction.PERSON_CHANGED,
            actor=_OPERATOR,
            kind="person",
            object_id=name,
            details={
                "role": role,
                "role_before": before.role if before else "",
                "customer": customer,
                "customer_before": before.customer if before else "",
            },
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
    write_entry(AuditAction.LINK_MADE, actor=_OPERATOR, kind="person", object_id=name)
    return token


def use_link(*, token: str, now: datetime) -> User | None:
    """The person whose link it is, once; None for one that is used, too old or unknown."""
    if not spend_link(token=token, now=now):
        return None
    return User.objects.filter(links__token_hash=hash_of(token), is_active=True).first()


def spend_link(*, token: str, now: datetime) -> bool:
    """Whether it could still have signed somebody in; afterwards it can't.

    Also of an attempt that is refused: what was shown once to somebody it wasn't for is known.
    """
    spent = OneTimeLink.objects.filter(
        token_hash=hash_of(token), used_at=None, expires_at__gt=now
    ).update(used_at=now)
    return spent == 1
