"""The description of a service's API, for everybody: made of what its views declare.

A view names for each method who may (`roles`), what it is given (`request_serializers`) and what it
answers (`response_types`), and of path parameters those that are not any text (`path_parameters`).
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from pydantic import TypeAdapter
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from shared.audit.declared import NotAudited
from shared.runtime.problem_document import CONTENT_TYPE, Problem

# As `shared.periods.Month` reads it.
_PATH_PARAMETERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "period": {"pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$", "example": "2026-10"},
    "message_id": {"format": "uuid"},
    "job_id": {"format": "uuid"},
    "proposal_id": {"format": "uuid"},
}
_REFERENCE: Final = "#/components/schemas/{model}"


class BearerToken(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "shared.auth.access.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:  # noqa: ARG002
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class DeclaredSchema(AutoSchema):
    """Any answer that is no success is a problem document, of whatever status."""

    def get_description(self) -> str:  # type: ignore[override]
        return str(type(self.view).__dict__.get("__doc__") or "").strip()

    def get_operation_id(self) -> str:
        parts = self.path.strip("/").replace("{", "").replace("}", "").split("/")
        return "_".join([self.method.lower(), *parts[parts[0] == "api" :]]).replace("-", "_")

    def get_tags(self) -> list[str]:
        """What it is about: the part after `api/v1`."""
        parts = self.path.strip("/").split("/")
        return [parts[2] if parts[0] == "api" else parts[0]]

    def get_extensions(self) -> dict[str, Any]:
        roles = getattr(self.view, "roles", {}).get(self.method)
        return {"x-roles": sorted(roles)} if roles else {}

    def is_deprecated(self) -> bool:
        return getattr(self.view, "answer_version", 2) == 1

    def get_override_parameters(self) -> list[Any]:
        declared = {**_PATH_PARAMETERS, **getattr(self.view, "path_parameters", {})}
        parameters: list[Any] = [
            OpenApiParameter(
                name, location=OpenApiParameter.PATH, type={"type": "string", **declared[name]}
            )
            for name in declared
            if f"{{{name}}}" in self.path
        ]
        if self.method in SAFE_METHODS and (serializer := self._given()) is not None:
            parameters.append(serializer)
        return parameters

    def get_request_serializer(self) -> Any:
        return None if self.method in SAFE_METHODS else self._given()

    def _given(self) -> Any:
        return getattr(self.view, "request_serializers", {}).get(self.method)

    def get_response_serializers(self) -> Any:
        declared = getattr(self.view, "response_types", {}).get(self.method, {})
        answers: dict[Any, Any] = {code: self._answer(kind) for code, kind in declared.items()}
        problem = self._json_schema(Problem)
        answers["default", CONTENT_TYPE] = OpenApiResponse(problem, "What was refused.")
        return answers

    def _answer(self, kind: Any) -> Any:
        """Of an older version it is an object like the newer one, with sentences in places."""
        if self.is_deprecated():
            return self._json_schema(dict[str, Any])
        is_serializer = isinstance(kind, type) and issubclass(kind, BaseSerializer)
        if kind is None or is_serializer or isinstance(kind, BaseSerializer):
            return kind
        return self._json_schema(kind)

    def _json_schema(self, kind: Any) -> dict[str, Any]:
        schema = TypeAdapter(kind).json_schema(mode="serialization", ref_template=_REFERENCE)
        parts = schema.pop("$defs", {})
        if "title" in schema:
            parts[schema["title"]] = schema
        for name, part in parts.items():
            component = ResolvedComponent(name, ResolvedComponent.SCHEMA, part, name)  # type: ignore[no-untyped-call]
            self.registry.register_on_missing(component)
        return {"$ref": _REFERENCE.format(model=schema["title"])} if "title" in schema else schema


def list_of(row: type[BaseSerializer[Any]]) -> BaseSerializer[Any]:
    """What a view answers that has rows in `data`."""
    name = row.__name__.removesuffix("Serializer")
    described: BaseSerializer[Any] = inline_serializer(f"{name}List", {"data": row(many=True)})
    return described


class SchemaView(APIView):
    """As JSON alone, so that what is refused here, too, is a problem document."""

    authentication_classes = ()
    permission_classes = ()
    audit: ClassVar = NotAudited("it tells of nobody")
    response_types: ClassVar = {"GET": {200: dict[str, Any]}}

    def get(self, _request: Request) -> Response:
        return Response(api_schema())


@cache
def api_schema() -> dict[str, Any]:
    """Once a process: it takes half a second, and anybody may ask for it."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return schema
