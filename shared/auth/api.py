"""The base of every API view: each request runs in the database scope of who asks."""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, ClassVar

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shared.auth.actors import Actor
from shared.isolation.scope import as_ops, as_subject, undo_scope


class ScopedView(APIView):
    """Runs each request in the database scope of its actor.

    Staff get the `ops` role, a customer the `app` role bound to the subject of its token; an error
    rolls the scope back.
    """

    roles: ClassVar[dict[str, Sequence[str]]] = {}

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
            self._scopes.enter_context(as_subject(self.actor.subject))
        else:
            self._scopes.enter_context(as_ops())
        self._in_scope = True

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if self._in_scope:
            undo_scope()
        return response
