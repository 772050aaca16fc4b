"""The base of every API view: each request runs in the database scope of who asks."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from shared.audit.declared import Declaration
from shared.audit.door import note, write_done
from shared.auth.actors import Actor
from shared.isolation.conflicts import repeat_on_deadlock
from shared.isolation.scope import as_ops, as_subject, undo_scope


class ScopedView(APIView):
    """Runs each request in the database scope of its actor.

    Staff get the `ops` role, a customer the `app` role bound to the subject of its token; an error
    rolls the scope back. What is done is written to the audit log before it is committed.

    `request_serializers` say what a method is given, as the query of a read or as the body;
    `response_types` what it answers, by status, or by status and media type. The service's schema
    is made of them.
    """

    roles: ClassVar[dict[str, Sequence[str]]] = {}
    audit: ClassVar[Mapping[str, Declaration]] = {}
    request_serializers: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    response_types: ClassVar[Mapping[str, Mapping[Any, Any]]] = {}
    path_parameters: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in ("audit", "response_types"):
            if cls.roles.keys() != getattr(cls, name).keys():
                raise TypeError(
                    f"{cls.__name__}: each method of `roles` is declared in `{name}`, too"
                )

    @property
    def actor(self) -> Actor:
        actor = self.request.user
        if not isinstance(actor, Actor):
            raise AuthenticationFailed
        return actor

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self._in_scope = False
        with ExitStack() as self._scopes:
            response = super().dispatch(request, *args, **kwargs)
            if self._in_scope and _is_done(response.status_code):
                write_done(self.request)
            return response

    def given(self) -> dict[str, Any]:
        """What the request asks for, checked. Raises ValidationError."""
        method = str(self.request.method)
        data = self.request.query_params if method in SAFE_METHODS else self.request.data
        serializer = self.request_serializers[method](data=data)
        serializer.is_valid(raise_exception=True)
        checked: dict[str, Any] = serializer.validated_data
        return checked

    def note(
        self, *, object_id: str = "", reason: str = "", details: Mapping[str, Any] | None = None
    ) -> None:
        """What the audit log is to say of this request, beside what `audit` declares."""
        note(self.request, object_id=object_id, reason=reason, details=details)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.actor.is_customer:
            self._scopes.enter_context(as_subject(self.actor.subject))
        else:
            self._scopes.enter_context(as_ops())
        self._in_scope = True
        # What was read of the body is kept by then, so that a handler may run twice.
        method = str(request.method).lower()
        if request.method not in SAFE_METHODS and hasattr(self, method):
            setattr(self, method, partial(repeat_on_deadlock, getattr(self, method)))

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if self._in_scope:
            undo_scope()
        return response


def _is_done(status: int) -> bool:
    """Who is told that the answer is still computed asks again."""
    return status < HTTPStatus.BAD_REQUEST and status != HTTPStatus.ACCEPTED
