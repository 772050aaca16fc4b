"""Where events are delivered to; each endpoint has its own signing secret."""

import secrets
from typing import Final

from deploy.stripe_standin.call import Call, merge_metadata
from deploy.stripe_standin.errors import malformed
from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.specification import API_VERSION
from deploy.stripe_standin.store import Body, Store, new_identifier

CONFIGURED: Final = "we_configured"
_SECRET_BYTES: Final = 24
_FIELDS: Final = ("url", "enabled_events", "description", "metadata")


def create_endpoint(call: Call) -> Body:
    call.accept(*_FIELDS, "api_version")
    if call.params.get("api_version", API_VERSION) != API_VERSION:
        raise malformed(f"The stand-in speaks {API_VERSION} only.", param="api_version")
    endpoint = _new_endpoint(call.params["url"], call.params["enabled_events"], call.store.now())
    endpoint["description"] = call.params.get("description") or None
    endpoint["metadata"] = merge_metadata({}, call.params.get("metadata"))
    secret = f"whsec_{secrets.token_hex(_SECRET_BYTES)}"
    call.store.add(endpoint)
    call.store.set_setting(f"secret {endpoint['id']}", secret)
    return {**endpoint, "secret": secret}  # shown at creation, never again


def update_endpoint(call: Call) -> Body:
    call.accept(*_FIELDS, "disabled")
    endpoint = call.store.get("webhook_endpoint", call.path["webhook_endpoint"])
    for name in ("url", "enabled_events", "description"):
        if name in call.params:
            endpoint[name] = call.params[name] or None
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] else "enabled"
    endpoint["metadata"] = merge_metadata(endpoint["metadata"], call.params.get("metadata"))
    call.store.put(endpoint)
    return endpoint


def read_endpoint(call: Call) -> Body:
    call.accept()
    return call.store.get("webhook_endpoint", call.path["webhook_endpoint"])


def list_endpoints(call: Call) -> Body:
    call.accept("limit", "starting_after", "ending_before")
    url = "/v1/webhook_endpoints"
    return list_page(call.store, Query("webhook_endpoint"), call.params, url=url)


def delete_endpoint(call: Call) -> Body:
    call.accept()
    endpoint = read_endpoint(call)
    call.store.delete(endpoint["id"])
    call.store.execute("DELETE FROM delivery WHERE endpoint = ?", endpoint["id"])
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def configure_endpoint(store: Store, url: str, secret: str) -> None:
    """The endpoint given at start; its address may have changed since last time."""
    store.set_setting(f"secret {CONFIGURED}", secret)
    rows = store.execute("SELECT body FROM object WHERE id = ?", CONFIGURED)
    if rows:
        store.put({**store.get("webhook_endpoint", CONFIGURED), "url": url})
    else:
        store.add({**_new_endpoint(url, ["*"], store.now()), "id": CONFIGURED})


def signing_secret(store: Store, endpoint: str) -> str:
    return store.setting(f"secret {endpoint}", "")


def _new_endpoint(url: str, enabled_events: list[str], now: int) -> Body:
    return {
        "id": new_identifier("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": now,
        "description": None,
        "enabled_events": enabled_events,
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": url,
    }
