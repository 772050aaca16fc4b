"""The Stripe stand-in in this process, in memory: its own store and answers, and no network."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import stripe

from deploy.stripe_standin.api import Api, Request
from deploy.stripe_standin.control import control
from deploy.stripe_standin.rate_limit import RateLimit
from deploy.stripe_standin.routes import ROUTES
from deploy.stripe_standin.specification import Specification, load_specification
from deploy.stripe_standin.store import Store
from services.invoicing.gateways.stripe import StripeGateway

API_KEY: Final = "sk_test_in_process"
_URL: Final = "http://stand-in.invalid"
# No call waits for another.
_NO_LIMIT: Final = 10**6


class _Unchecked(Specification):
    """Requests are checked; that answers keep to Stripe's document its own suite says."""

    def faults_of_answer(self, *_of: Any) -> list[str]:
        return []


class InProcess:
    """`begin` forgets everything, for the next sequence."""

    def __init__(self, folder: Path) -> None:
        read = load_specification(ROUTES, folder)
        self._specification = _Unchecked({"operations": read._operations, "schemas": read._schemas})
        self._loop = asyncio.new_event_loop()
        self.store = Store(Path(":memory:"))
        self.begin()
        self.gateway = StripeGateway(api_key=API_KEY, api_base=_URL, requests_per_second=_NO_LIMIT)
        self.gateway._client = stripe.StripeClient(
            API_KEY, base_addresses={"api": _URL}, http_client=_Direct(self)
        )

    def begin(self) -> None:
        self.store.close()
        self.store = Store(Path(":memory:"))
        self._api = Api(
            store=self.store,
            specification=self._specification,
            api_key=API_KEY,
            rate_limit=RateLimit(per_endpoint=0, in_all=0),
            public_url=_URL,
        )

    def answer(self, request: Request) -> tuple[bytes, int, Mapping[str, str]]:
        answer = self._loop.run_until_complete(self._api.answer(request))
        return json.dumps(answer.body).encode(), answer.status, {"Request-Id": answer.request_id}

    def control(self, method: str, name: str, wish: Any = None) -> Any:
        return control(self.store, method, name, {} if wish is None else wish, _URL)

    def read(self, name: str) -> Any:
        return self.control("GET", name)


class _Direct(stripe.HTTPClient):
    """What Stripe's own library would send goes to the stand-in's door as it is."""

    name = "direct"

    def __init__(self, to: InProcess) -> None:
        super().__init__()
        self._to = to

    def request(
        self, method: str, url: str, headers: Any, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        path, _, query = url.removeprefix(_URL).partition("?")
        names = {name.lower(): value for name, value in headers.items()}
        return self._to.answer(Request(method.upper(), path, names, post_data or query))

    def close(self) -> None:
        """Nothing is open."""
