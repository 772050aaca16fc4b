"""Cursor pagination and filters of the List calls."""

import json
from typing import Any, Final

from deploy.stripe_standin.errors import malformed, missing
from deploy.stripe_standin.store import Body, Store

_OBJECTS = "SELECT body FROM object WHERE {conditions} ORDER BY position {order} LIMIT ?"
"""Conditions are this module's own texts; what they compare with is bound."""
_DEFAULT_LIMIT: Final = 10
_LARGEST_LIMIT: Final = 100
_COMPARISONS: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


class Query:
    """Conditions on the `object` table; values are always bound."""

    def __init__(self, kind: str) -> None:
        self.conditions = ["kind = ?"]
        self.values: list[Any] = [kind]

    def where(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values.extend(values)

    def where_created(self, value: Any) -> None:
        bounds = {"": value} if isinstance(value, int) else value or {}
        for name, bound in bounds.items():
            self.where(f"created {_COMPARISONS.get(name, '=')} ?", bound)

    def where_due(self, value: Any) -> None:
        bounds = {"": value} if isinstance(value, int) else value or {}
        for name, bound in bounds.items():
            comparison = _COMPARISONS.get(name, "=")
            self.where(f"json_extract(body, '$.due_date') {comparison} ?", bound)


def list_page(
    store: Store, query: Query, params: Body, *, url: str, newest_first: bool = True
) -> Body:
    limit = _limit(params)
    backwards = "ending_before" in params
    if backwards and "starting_after" in params:
        raise malformed("You can't pass both starting_after and ending_before.")
    down = newest_first is not backwards
    for name in ("starting_after", "ending_before"):
        if name in params:
            position = _position(store, params[name], name)
            query.where(f"position {'<' if down else '>'} ?", position)
    statement = _OBJECTS.format(
        conditions=" AND ".join(query.conditions), order="DESC" if down else "ASC"
    )
    rows = store.execute(statement, *query.values, limit + 1)
    data = [json.loads(row["body"]) for row in rows[:limit]]
    if backwards:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(rows) > limit, "url": url}


def page_of(items: list[Body], params: Body, *, url: str) -> Body:
    """A page of what is stored nowhere, in the order in which it is given."""
    limit = _limit(params)
    start = 0
    if "starting_after" in params:
        ids = [item["id"] for item in items]
        if params["starting_after"] not in ids:
            raise missing("object", params["starting_after"], param="starting_after", status=400)
        start = ids.index(params["starting_after"]) + 1
    data = items[start : start + limit]
    return {"object": "list", "data": data, "has_more": len(items) > start + limit, "url": url}


def _limit(params: Body) -> int:
    limit = int(params.get("limit", _DEFAULT_LIMIT))
    if not 1 <= limit <= _LARGEST_LIMIT:
        message = f"This value must be between 1 and {_LARGEST_LIMIT}."
        raise malformed(message, param="limit", code="parameter_invalid_integer")
    return limit


def _position(store: Store, identifier: str, param: str) -> int:
    rows = store.execute("SELECT position FROM object WHERE id = ?", identifier)
    if not rows:
        raise missing("object", identifier, param=param, status=400)
    return int(rows[0]["position"])
