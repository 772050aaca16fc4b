"""The stand-in as an ASGI application: /v1 as Stripe has it, hosted pages, controls."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deploy.stripe_standin.api import Answer, AnswerBreaksSpecification, Api, Request, as_json
from deploy.stripe_standin.control import control
from deploy.stripe_standin.delivery import deliver_for_ever
from deploy.stripe_standin.errors import StripeError
from deploy.stripe_standin.invoice_states import sweep
from deploy.stripe_standin.pages import find_by_token, invoice_page, pay_from_page
from deploy.stripe_standin.rate_limit import RateLimit
from deploy.stripe_standin.routes import ROUTES
from deploy.stripe_standin.specification import API_VERSION, load_specification
from deploy.stripe_standin.store import Store
from deploy.stripe_standin.webhook_endpoints import configure_endpoint

_log = logging.getLogger(__name__)
_SWEEP_SECONDS: Final = 1
_METHODS: Final = ["GET", "POST", "DELETE"]


@dataclass(frozen=True)
class Options:
    """Rates are requests a second; 0 is no limit."""

    data: Path
    api_key: str
    webhook_secret: str
    webhook_url: str
    public_url: str
    rate_per_endpoint: float
    rate_in_all: float


def make_application(options: Options) -> Starlette:
    options.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = Store(options.data / "stripe.sqlite3")
    if options.webhook_url:
        configure_endpoint(store, options.webhook_url, options.webhook_secret)
    api = Api(
        store=store,
        specification=load_specification(ROUTES, options.data),
        api_key=options.api_key,
        rate_limit=RateLimit(per_endpoint=options.rate_per_endpoint, in_all=options.rate_in_all),
        public_url=options.public_url,
    )
    doors = _Doors(store, api, options)
    return Starlette(
        routes=[
            Route("/v1/{rest:path}", doors.api, methods=_METHODS),
            Route("/i/{invoice}/{token}", doors.page, methods=["GET", "POST"]),
            Route("/i/{invoice}/{token}/pdf", doors.page, methods=["GET"]),
            Route("/_control/{name}", doors.control, methods=_METHODS),
            Route("/readyz", doors.ready),
        ],
        lifespan=lambda _: _background(store, options),
    )


class _Doors:
    def __init__(self, store: Store, api: Api, options: Options) -> None:
        self._store = store
        self._api = api
        self._options = options

    async def api(self, http: HttpRequest) -> Response:
        form = (await http.body()).decode(errors="replace")
        request = Request(
            method=http.method,
            path=http.url.path,
            headers=dict(http.headers),
            form=form or http.url.query,
        )
        try:
            answer = await self._api.answer(request)
        except AnswerBreaksSpecification as error:
            answer = self._api.note_violation(request, str(error))
        return _CutShort() if answer.dropped else _response(answer)

    async def page(self, http: HttpRequest) -> Response:
        try:
            invoice = find_by_token(
                self._store, http.path_params["invoice"], http.path_params["token"]
            )
        except StripeError:
            return HTMLResponse("<h1>No such invoice</h1>", status_code=404)
        if http.method == "POST":
            with self._store.transaction():
                pay_from_page(self._store, invoice, self._options.public_url)
            return RedirectResponse(http.url.path, status_code=303)
        return HTMLResponse(invoice_page(self._store, invoice))

    async def control(self, http: HttpRequest) -> Response:
        if http.headers.get("authorization") != f"Bearer {self._options.api_key}":
            return JSONResponse({"error": "the API key is needed"}, status_code=401)
        name = http.path_params["name"]
        try:
            wish = json.loads(await http.body() or b"{}")
            done = control(self._store, http.method, name, wish, self._options.public_url)
        except StripeError as error:
            return JSONResponse(error.body(), status_code=error.status)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(done)

    async def ready(self, http: HttpRequest) -> Response:  # noqa: ARG002 - starlette's signature
        return JSONResponse({"ready": True, "api_version": API_VERSION})


class _CutShort(Response):
    """Promises a body and ends: the client sees a broken connection, not an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


def _response(answer: Answer) -> Response:
    headers = {"Request-Id": answer.request_id, "Stripe-Version": API_VERSION}
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    body = as_json(answer.body)
    return Response(body, answer.status, headers, media_type="application/json")


@contextlib.asynccontextmanager
async def _background(store: Store, options: Options) -> AsyncIterator[None]:
    tasks = [
        asyncio.create_task(_keep_running(lambda: deliver_for_ever(store))),
        asyncio.create_task(_keep_running(lambda: _sweep_for_ever(store, options.public_url))),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    store.close()


async def _sweep_for_ever(store: Store, public_url: str) -> None:
    while True:
        with store.transaction():
            sweep(store, public_url)
        await asyncio.sleep(_SWEEP_SECONDS)


async def _keep_running(work: Callable[[], Awaitable[Any]]) -> None:
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - logged; deliveries must not end for good
            _log.exception("background work stopped; it starts again")
            await asyncio.sleep(_SWEEP_SECONDS)
