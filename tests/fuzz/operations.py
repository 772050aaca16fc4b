"""What can be asked of the services: operations of their schemas, and the portal's pages."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import schemathesis.openapi
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import HypothesisException
from schemathesis import Case, GenerationMode

from shared.vocabulary.modes import Mode
from tests.attacks.victim import APIS, Victim

# They have no place in a schema: probes, and addresses that lead nowhere.
_OTHERS: Final = ("/livez", "/readyz", "/api/v1/nothing", "/", "/api/v1/audit/", "//api/v1/audit")
_PARAMETER: Final = re.compile(r"{(\w+)}")
_PAGE_METHODS: Final = ("GET", "POST")
_PAGE_QUERY: Final = (
    *("period", "page", "sort", "view", "q", "group", "run", "download", "actor", "signed_out"),
)
# Whoever asks these is somebody else afterwards, or nobody.
_LEFT_OUT: Final = ("sign-out", "sign-in")


@dataclass
class Operation:
    """`roles` of None: for everybody. `made` are cases of schemathesis, in turns of both modes."""

    service: str
    method: str
    path: str
    roles: frozenset[str] | None = None
    query: tuple[str, ...] = ()
    made: list[Case] = field(default_factory=list)

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    def roles_of(self, method: str, others: "list[Operation]") -> frozenset[str] | None:
        """Of another method of the same path; what no schema has is for nobody.

        A HEAD is a GET of which nobody reads the body (RFC 9110, section 9.3.2).
        """
        method = "GET" if method == "HEAD" else method
        for other in others:
            if (other.service, other.path, other.method) == (self.service, self.path, method):
                return other.roles
        return frozenset() if self.roles is not None else None


def operations_of_the_apis(victim: Victim, *, made_each: int, chance_seed: int) -> list[Operation]:
    """From what each service publishes; the cases are those of `chance_seed`."""
    operations = []
    for service in APIS:
        raw = httpx.get(f"{victim.url(service)}/api/v1/schema", trust_env=False).json()
        for result in schemathesis.openapi.from_dict(raw).get_all_operations():
            described = result.ok()
            definition = raw["paths"][described.path][described.method.lower()]
            roles = definition.get("x-roles")
            operation = Operation(
                service,
                described.method.upper(),
                described.path,
                None if roles is None else frozenset(roles),
                tuple(_queried(definition)),
            )
            operation.made = _made(described, made_each, chance_seed)
            operations.append(operation)
        operations += [Operation(service, "GET", path) for path in _OTHERS]
    return operations


def pages_of_the_portal(victim: Victim) -> list[Operation]:
    """A page is for the same roles whatever the method."""
    is_demo = victim.stack.home.mode == Mode.DEMO
    return [
        Operation("portal", method, _path(one["route"]), _roles(one), _PAGE_QUERY)
        for one in victim.routes("portal")
        for method in _PAGE_METHODS
        if not one["route"].startswith(_LEFT_OUT) and not (one["mode"] and is_demo)
    ]


def _path(route: str) -> str:
    return "/" + re.sub(r"<str:(\w+)>", r"{\1}", route)


def _roles(one: dict[str, Any]) -> frozenset[str] | None:
    return frozenset(one["roles"].get("*", [])) or None


def _queried(definition: dict[str, Any]) -> list[str]:
    return [each["name"] for each in definition.get("parameters", []) if each["in"] == "query"]


def _made(described: Any, count: int, chance_seed: int) -> list[Case]:
    """Half of them as the schema says and half not, where anything can be wrong."""
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    positive, negative = (_cases(described, mode, count // 2 + 1, chance_seed) for mode in modes)
    return [case for pair in zip(positive, negative or positive, strict=False) for case in pair]


def _cases(described: Any, mode: GenerationMode, count: int, chance_seed: int) -> list[Case]:
    cases: list[Case] = []

    @seed(chance_seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(described.as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        cases.append(case)

    try:
        collect()
    except HypothesisException:  # a route without any input has nothing that could be wrong
        return cases
    return cases
