"""What one API call works with: the store, the checked parameters, and who asked."""

from dataclasses import dataclass

from deploy.stripe_standin.errors import not_implemented
from deploy.stripe_standin.events import record_event
from deploy.stripe_standin.store import Body, Store


@dataclass(frozen=True)
class Call:
    store: Store
    params: Body
    path: dict[str, str]
    request_id: str | None = None
    idempotency_key: str | None = None
    public_url: str = ""

    def tell(self, kind: str, snapshot: Body, previous: Body | None = None) -> None:
        record_event(
            self.store,
            kind,
            snapshot,
            request_id=self.request_id,
            idempotency_key=self.idempotency_key,
            previous=previous,
        )

    def accept(self, *names: str) -> None:
        """`expand` is tolerated: nothing here is returned otherwise than unexpanded."""
        for name in self.params:
            if name not in names and name != "expand":
                raise not_implemented(name)


def merge_metadata(old: Body, new: Body | str | None) -> Body:
    """An empty value unsets a key, an empty string unsets all."""
    if new is None:
        return old
    if isinstance(new, str):
        return {}
    return {key: value for key, value in {**old, **new}.items() if value != ""}
