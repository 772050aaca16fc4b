"""Events: written in the transaction of what they tell, then delivered from durable rows."""

import fnmatch
from typing import Any

from deploy.stripe_standin.listing import Query, list_page
from deploy.stripe_standin.specification import API_VERSION
from deploy.stripe_standin.store import Body, Store, new_identifier


def record_event(
    store: Store,
    kind: str,
    snapshot: Body,
    *,
    request_id: str | None,
    idempotency_key: str | None,
    previous: Body | None = None,
) -> None:
    data: Body = {"object": snapshot}
    if previous is not None:
        data["previous_attributes"] = previous
    event = {
        "id": new_identifier("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": store.now(),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": request_id, "idempotency_key": idempotency_key},
        "type": kind,
    }
    store.add(event)
    for endpoint in store.every("webhook_endpoint"):
        if endpoint["status"] == "enabled" and _wants(endpoint, kind):
            statement = (
                "INSERT INTO delivery (event, endpoint, due_at, attempts, state) "
                "VALUES (?, ?, 0, 0, 'pending')"
            )
            store.execute(statement, event["id"], endpoint["id"])


def read_event(store: Store, identifier: str) -> Body:
    return with_pending(store, store.get("event", identifier))


def with_pending(store: Store, event: Body) -> Body:
    statement = "SELECT count(*) AS n FROM delivery WHERE event = ? AND state != 'delivered'"
    return {**event, "pending_webhooks": int(store.execute(statement, event["id"])[0]["n"])}


def list_events(store: Store, params: Body) -> Body:
    query = Query("event")
    query.where_created(params.get("created"))
    if "type" in params:
        query.where("json_extract(body, '$.type') GLOB ?", params["type"])
    if "types" in params:
        marks = ", ".join("?" for _ in params["types"])
        query.where(f"json_extract(body, '$.type') IN ({marks})", *params["types"])
    if "delivery_success" in params:
        query.where(
            "(SELECT count(*) FROM delivery WHERE delivery.event = object.id "
            "AND delivery.state != 'delivered') = 0 IS ?",
            int(params["delivery_success"]),
        )
    page = list_page(store, query, params, url="/v1/events")
    return {**page, "data": [with_pending(store, event) for event in page["data"]]}


def changed_attributes(before: Body, after: Body) -> Body:
    """`previous_attributes` of an update: the old values of what is different now."""
    return {name: value for name, value in before.items() if after.get(name) != value}


def _wants(endpoint: Any, kind: str) -> bool:
    return any(fnmatch.fnmatchcase(kind, wanted) for wanted in endpoint["enabled_events"])
