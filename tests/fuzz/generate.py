"""Cases: an operation, who asks, and a request that is plain, generated or hostile."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

import requests

from tests.fuzz import hostile
from tests.fuzz.ids import Ids
from tests.fuzz.operations import Operation
from tests.fuzz.people import Person
from tests.fuzz.verdict import Asked
from tests.fuzz.wire import Request

_JSON: Final = {"Content-Type": "application/json"}
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_FIELDS: Final = (
    *("version", "reason", "confirmed", "run_id", "question", "period", "kind", "service"),
    *("subject", "name", "stop", "next", "reason-month_is_over", "decision", "proposal"),
)
_PLAIN_FIELDS: Final = {
    "version": ("1", "2", "3", "4"),
    "confirmed": ("yes", ""),
    "kind": ("dead_letter", "failed_job"),
    "service": ("ingestion", "attribution", "invoicing"),
    "decision": ("confirm", "reject"),
    "next": ("/margins", "//evil.example"),
}
# With a real invoice an issued document would follow, whose id was nobody's when the drill began.
_NOT_DONE: Final = "issue"


@dataclass(frozen=True)
class Case:
    operation: Operation
    person: Person
    asked: Asked
    request: Request


class Generator:
    """Everything that is chosen by chance is chosen by `chance`."""

    def __init__(self, ids: Ids, operations: Sequence[Operation], chance: random.Random) -> None:
        self._ids = ids
        self._operations = list(operations)
        self._chance = chance
        self._bodies = hostile.bodies()

    def cases(self, people: dict[str, list[Person]]) -> Iterator[Case]:
        """First the matrix of customers and foreign objects, then all with all, without end."""
        pairs = [
            (operation, person)
            for operation in self._operations
            for person in people["portal" if operation.service == "portal" else "apis"]
        ]
        for operation, person in pairs:
            if person.reader.customer and operation.parameters:
                yield self._case(operation, person, "matrix", is_foreign=True)
        while True:
            self._chance.shuffle(pairs)
            for operation, person in pairs:
                kind = self._chance.choice(("matrix", "schema", "hostile"))
                yield self._case(operation, person, kind)

    def _case(
        self, operation: Operation, person: Person, kind: str, *, is_foreign: bool = False
    ) -> Case:
        is_foreign = is_foreign or self._chance.random() < 0.5
        path, owners = self._path(operation, person, kind, is_foreign=is_foreign)
        if operation.service == "portal":
            request = self._page(operation, person, kind, path)
        elif kind == "schema" and operation.made:
            request = self._made(operation, path)
        else:
            request = self._call(operation, kind, path)
        roles = operation.roles_of(request.method.upper(), self._operations)
        is_refused = roles is not None and person.role not in roles
        customer = person.reader.customer
        is_theirs = bool(customer) and any(owner not in {"", customer} for owner in owners)
        reader = person.reader if not is_refused else type(person.reader)(customer)
        # A page that is not for the role has no method for it either.
        page_methods = {operation.method, "GET", "HEAD"}
        if operation.service == "portal" and request.method not in page_methods:
            is_refused = False
        asked = Asked(person.name, reader, is_refused=(is_refused or is_theirs))
        return Case(operation, person, asked, request)

    def _path(
        self, operation: Operation, person: Person, kind: str, *, is_foreign: bool
    ) -> tuple[str, list[str]]:
        """And whose the objects are that it names."""
        path, owners = operation.path, []
        for parameter in operation.parameters:
            known = self._ids.of(parameter)
            others = [one for one in known if one[1] != person.reader.customer]
            value, owner = self._chance.choice((others if is_foreign else known) or known)
            if value == _NOT_DONE:
                value = "submit"
            if kind == "hostile" and self._chance.random() < 0.5:
                value, owner = hostile.word(self._chance), ""
            owners.append(owner)
            path = path.replace(f"{{{parameter}}}", value)
        return path, owners

    def _made(self, operation: Operation, path: str) -> Request:
        """Of schemathesis; its path is kept in one of three, else the object is a real one."""
        case = self._chance.choice(operation.made)
        prepared = requests.Request(**case.as_transport_kwargs(base_url="http://x")).prepare()
        generated, _, query = str(prepared.path_url).partition("?")
        if not operation.parameters or self._chance.random() < 1 / 3:
            path = generated
        body = prepared.body or b""
        content_type = prepared.headers.get("Content-Type")
        return Request(
            operation.service,
            operation.method,
            f"{path}?{query}" if query else path,
            operation.path,
            "schema",
            {"Content-Type": str(content_type)} if content_type else {},
            body if isinstance(body, bytes) else body.encode(),
        )

    def _call(self, operation: Operation, kind: str, path: str) -> Request:
        has_body = operation.method in {"POST", "PUT"}
        body = b'{"version": 1, "reason": "fuzz", "reasons": {}}' if has_body else b""
        method, headers, query = operation.method, dict(_JSON) if has_body else {}, ""
        if kind == "hostile":
            if self._chance.random() < 0.3:
                method = self._chance.choice(hostile.METHODS)
            if has_body or self._chance.random() < 0.1:
                body = self._chance.choice(self._bodies)
            headers |= hostile.headers(self._chance)
            query = self._hostile_query(operation)
        elif self._ids.of("tenant") and "tenant" in operation.query:
            query = urlencode({"tenant": self._chance.choice(self._ids.of("tenant"))[0]})
        target = f"{path}?{query}" if query else path
        return Request(operation.service, method, target, operation.path, kind, headers, body)

    def _page(self, operation: Operation, person: Person, kind: str, path: str) -> Request:
        is_hostile = kind != "matrix"
        method, headers = operation.method, {}
        query = self._hostile_query(operation) if is_hostile else self._plain_query()
        body = b""
        if method == "POST":
            body = self._form(person, is_hostile=is_hostile)
            headers = dict(_FORM)
        if kind == "hostile":
            if self._chance.random() < 0.2:
                method = self._chance.choice(hostile.METHODS)
            headers |= hostile.headers(self._chance)
            headers.pop("Cookie", None)  # it would be a stranger who asks
        target = f"{path}?{query}" if query else path
        return Request("portal", method, target, operation.path, kind, headers, body)

    def _plain_query(self) -> str:
        return urlencode({"period": self._chance.choice(self._ids.of("period"))[0]})

    def _hostile_query(self, operation: Operation) -> str:
        names = [name for name in operation.query if self._chance.random() < 0.5]
        return "&".join(f"{name}={hostile.word(self._chance)}" for name in (*names, "x"))

    def _form(self, person: Person, *, is_hostile: bool) -> bytes:
        fields = {"csrfmiddlewaretoken": person.csrf}
        for name in _FIELDS:
            fields[name] = self._chance.choice(_PLAIN_FIELDS.get(name, ("fuzz",)))
        form = urlencode(fields)
        if is_hostile:
            names = self._chance.sample(_FIELDS, 3)
            form += "".join(f"&{quote(name)}={hostile.word(self._chance)}" for name in names)
        return form.encode("latin-1", errors="replace")
