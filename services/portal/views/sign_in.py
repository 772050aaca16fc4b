from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from services.portal.models import User


class ByName(BaseBackend):
    """Users come from one-time links; this backend only finds them again with each request."""

    def get_user(self, user_id: str) -> User | None:
        return User.objects.filter(name=user_id, is_active=True).first()

    def authenticate(self, request: HttpRequest | None, **kwargs: Any) -> User | None:  # noqa: ARG002
        return None
