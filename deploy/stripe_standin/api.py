"""One API call from the door to the answer.

Order, as at Stripe: key, version, rate, parameters, idempotency, then the work in one
transaction with the answer that the idempotency key keeps.
"""

import asyncio
import base64
import binascii
import hmac
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy.stripe_standin import faults
from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import StripeError, malformed
from deploy.stripe_standin.idempotency import Keys, digest_of, in_progress
from deploy.stripe_standin.parameters import check_parameters, decode_form
from deploy.stripe_standin.rate_limit import RateLimit, too_many_requests
from deploy.stripe_standin.routes import ROUTES, find_route
from deploy.stripe_standin.specification import API_VERSION, Specification
from deploy.stripe_standin.store import Body, Store, new_identifier

_log = logging.getLogger(__name__)
_BROKEN: Final = StripeError(
    500, "An unknown error occurred. This is on demand.", type="api_error", saved=True
)
# Stripe names no limit of an address; servers in front of such an API have one of 8 to 16 KB.
_LONGEST_QUERY: Final = 16 * 1024


@dataclass(frozen=True)
class Request:
    """Header names are in lower case; `form` is the body, or the query string of a GET."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: str


@dataclass
class Answer:
    status: int
    body: Body
    request_id: str
    replayed: bool = False
    dropped: bool = False


class AnswerBreaksSpecification(Exception):
    """Our own answer is not what Stripe's document promises: a defect of the stand-in."""


class Api:
    def __init__(
        self,
        *,
        store: Store,
        specification: Specification,
        api_key: str,
        rate_limit: RateLimit,
        public_url: str,
    ) -> None:
        self._store = store
        self._specification = specification
        self._api_key = api_key
        self._rate_limit = rate_limit
        self._public_url = public_url
        self._keys = Keys(store)

    async def answer(self, request: Request) -> Answer:
        answer = Answer(status=500, body={}, request_id=new_identifier("req"))
        match = find_route(request.method, request.path)
        try:
            if match is None:
                raise _unrecognised(request)
            await self._run(request, *match, answer)
        except StripeError as error:
            answer.status, answer.body = error.status, error.body()
        route = match[0] if match else request.path
        self._note_call(request, route, answer)
        return answer

    async def _run(
        self, request: Request, route: str, path: dict[str, str], answer: Answer
    ) -> None:
        self._check_door(request)
        if request.method == "GET" and len(request.form) > _LONGEST_QUERY:
            raise StripeError(414, "Request-URI Too Large", saved=False)
        self._rate_limit.check(f"{request.method} {route}")
        schema = self._specification.parameters(request.method, route)
        params = check_parameters(decode_form(request.form), schema)
        key = request.headers.get("idempotency-key", "") if request.method == "POST" else ""
        if key:
            self._keys.begin(key)
        try:
            digest = digest_of(request.method, request.path, params)
            kept = self._keys.kept_answer(key, digest) if key else None
            if kept is not None:
                answer.status, answer.body = kept
                answer.replayed = True
                return
            call = Call(
                store=self._store,
                params=params,
                path=path,
                request_id=answer.request_id,
                idempotency_key=key or None,
                public_url=self._public_url,
            )
            await self._execute(request, route, call, digest, answer)
        finally:
            self._keys.end(key)

    async def _execute(
        self, request: Request, route: str, call: Call, digest: str, answer: Answer
    ) -> None:
        fault = faults.take_fault(
            self._store, faults.CALL_KINDS, request.method, request.path
        ) or faults.Fault(kind="none", seconds=0)
        if fault.kind == "conflict":
            raise in_progress()
        if fault.kind == "rate_limit":
            raise too_many_requests()
        key = call.idempotency_key
        try:
            if fault.kind == "error_before":
                raise _BROKEN
            with self._store.transaction():
                body = ROUTES[request.method, route](call)
                self._verify(request.method, route, 200, body)
                answer.status, answer.body = 200, body
                if fault.kind == "error_after":
                    answer.status, answer.body = _BROKEN.status, _BROKEN.body()
                if key:
                    self._keys.keep(key, digest, answer.status, answer.body)
        except StripeError as error:
            self._verify(request.method, route, error.status, error.body())
            if key and error.saved:
                self._keys.keep(key, digest, error.status, error.body())
            raise
        answer.dropped = fault.kind == "drop_answer"
        if fault.seconds:
            await asyncio.sleep(fault.seconds)

    def _verify(self, method: str, route: str, status: int, body: Body) -> None:
        deviations = self._specification.faults_of_answer(method, route, status, body)
        if deviations:
            raise AnswerBreaksSpecification(f"{method} {route}: {'; '.join(deviations)}")

    def _check_door(self, request: Request) -> None:
        given = _given_key(request.headers.get("authorization", ""))
        if not given:
            raise StripeError(401, "You did not provide an API key.", saved=False)
        if not hmac.compare_digest(given.encode(), self._api_key.encode()):
            message = f"Invalid API Key provided: {given[:8]}****{given[-4:]}"
            raise StripeError(401, message, saved=False)
        version = request.headers.get("stripe-version", API_VERSION)
        if version != API_VERSION:
            raise malformed(f"Invalid Stripe API version: {version}; here it is {API_VERSION}.")

    def _note_call(self, request: Request, route: str, answer: Answer) -> None:
        self._store.execute(
            "INSERT INTO call (method, route, status, key, replayed, at) VALUES (?, ?, ?, ?, ?, ?)",
            request.method,
            route,
            answer.status,
            request.headers.get("idempotency-key"),
            int(answer.replayed),
            time.time(),
        )

    def note_violation(self, request: Request, message: str) -> Answer:
        """Loud: a 500 for the caller, a line in the log and a row that tests look for."""
        _log.error("answer breaks Stripe's specification: %s", message)
        subject = f"{request.method} {request.path}"
        statement = "INSERT INTO violation VALUES (?, ?, ?)"
        self._store.execute(statement, time.time(), subject, json.dumps(message))
        error = StripeError(500, f"The stand-in is wrong: {message}", type="api_error")
        return Answer(status=500, body=error.body(), request_id=new_identifier("req"))


def _given_key(authorization: str) -> str:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def _unrecognised(request: Request) -> StripeError:
    message = f"Unrecognized request URL ({request.method}: {request.path})."
    return StripeError(404, message, saved=False)


def as_json(body: Any) -> bytes:
    return json.dumps(body, indent=2).encode()
