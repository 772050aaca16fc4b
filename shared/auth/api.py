"""Who may call a route, and whose rows it then sees."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared.auth.tokens import Actor, InvalidToken, verify_token
from shared.isolation.scope import as_ops, as_subject


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Actor, str] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            actor = verify_token(
                token, audience=settings.SERVICE_NAME, jwks=settings.ENVIRONMENT.jwks
            )
        except InvalidToken as error:
            raise AuthenticationFailed(str(error)) from error
        return actor, token

    def authenticate_header(self, _request: Request) -> str:
        return "Bearer"


class DeclaredRoles(BasePermission):
    """A view names the roles of each method in `roles`; what is not named is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        roles = getattr(view, "roles", {}).get(request.method or "", ())
        return isinstance(request.user, Actor) and request.user.role in roles


class ScopedView(APIView):
    """Runs each request in the database scope of its actor.

    Staff get the `ops` role, a customer the `app` role bound to `subject_of(actor)`; an error rolls
    the scope back.
    """

    roles: ClassVar[dict[str, Sequence[str]]] = {}

    def subject_of(self, actor: Actor, **_kwargs: Any) -> str:
        return actor.customer

    @property
    def actor(self) -> Actor:
        actor = self.request.user
        if not isinstance(actor, Actor):
            raise AuthenticationFailed
        return actor

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self._in_scope = False
        with ExitStack() as self._scopes:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.actor.is_customer:
            subject = self.subject_of(self.actor, **kwargs)
            self._scopes.enter_context(as_subject(subject))
        else:
            self._scopes.enter_context(as_ops())
        self._in_scope = True

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if self._in_scope:
            transaction.set_rollback(True)
        return response
