"""What machines of any order of calls share: a store, calls, and that answers fit the document."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from deploy.stripe_standin.call import Call
from deploy.stripe_standin.errors import StripeError
from deploy.stripe_standin.routes import ROUTES
from deploy.stripe_standin.specification import Specification, load_specification
from deploy.stripe_standin.store import Body, Store

_CACHE = Path(tempfile.gettempdir()) / "trueback-tests-stripe-specification"
_LOADED: list[Specification] = []


def specification() -> Specification:
    if not _LOADED:
        _CACHE.mkdir(exist_ok=True)
        _LOADED.append(load_specification(ROUTES, _CACHE))
        shutil.rmtree(_CACHE)
    return _LOADED[0]


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "stripe.sqlite3")

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def method(self, route: str) -> str:
        return "POST" if ("POST", route) in ROUTES else "GET"

    def call(self, route: str, path: Body | None = None, **params: Any) -> Body | None:
        """None where Stripe refuses; then nothing has changed."""
        call = Call(store=self.store, params=params, path=path or {}, public_url="http://here")
        before = self.snapshot()
        try:
            with self.store.transaction():
                body = ROUTES[self.method(route), route](call)
        except StripeError as error:
            refusal: Body | None = error.body()
        else:
            refusal = None
        status, answer = (200, body) if refusal is None else (400, refusal)
        assert specification().faults_of_answer(self.method(route), route, status, answer) == []
        if refusal is None:
            return body
        assert self.snapshot() == before
        return None

    def snapshot(self) -> list[Body]:
        kinds = ("invoice", "customer", "credit_note", "refund", "customer_balance_transaction")
        return [one for kind in kinds for one in self.store.every(kind)]
