"""Who asks, and whether a route is for such as them."""

from typing import Any

from django.conf import settings
from django.http import Http404
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from shared.audit.origin import take_origin
from shared.auth.actors import Actor
from shared.auth.tokens import InvalidToken, actor_of, verified_claims


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            claims = verified_claims(
                token, audience=settings.SERVICE_NAME, jwks=settings.ENVIRONMENT.jwks
            )
            actor = actor_of(claims)
        except InvalidToken as error:
            raise AuthenticationFailed(str(error)) from error
        take_origin(claims)
        return actor, token

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


class DeclaredRoles(BasePermission):
    """A view names the roles of each method in `roles`; what is not named is refused.

    A customer is not even told that the route exists.
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        roles = getattr(view, "roles", {}).get(request.method or "", ())
        if not isinstance(request.user, Actor):
            return False
        if request.user.is_customer and request.user.role not in roles:
            raise Http404
        return request.user.role in roles
