"""`python -m tests.attacks.routes SERVICE`: a service's routes and who may, as JSON.

In a process of its own: each service is a Django project. Nothing is connected to.
"""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import django


def routes(service: str) -> list[dict[str, Any]]:
    """`roles` by method; `*` is any method, and without roles it is for everybody."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"services.{service}.config.settings"
    django.setup()
    from django.urls import get_resolver  # noqa: PLC0415 - after settings are chosen

    from tests.access_matrix import routed_views  # noqa: PLC0415

    return [
        {"route": route, "roles": _roles(view), "mode": getattr(view, "mode", None)}
        for route, view in routed_views(get_resolver().url_patterns)
    ]


def _roles(view: Any) -> dict[str, Sequence[str]]:
    roles = getattr(getattr(view, "view_class", view), "roles", {})
    if isinstance(roles, dict):
        return {method: list(allowed) for method, allowed in roles.items()}
    return {"*": [] if "everyone" in roles else list(roles)}


if __name__ == "__main__":
    print(json.dumps(routes(sys.argv[1])))
