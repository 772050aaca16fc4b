"""What two rulesets say differently, and how many tenants' cost that may move."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.configuration.models import Configuration
from shared.proposals.difference import Entries, EntryKey, differences

_TENANT: Final = "tenant"
_SETTINGS: Final = (
    *("currency", "cost", "idle", "commitments", "commitment_groups", "node_prices"),
    *("corrections", "billing"),
)


def entries(config: Configuration) -> Entries:
    """What attribution rests on, the far-reaching first; a tenant's name moves no cost."""
    return dict(_entries(config.model_dump(mode="json", by_alias=True)))


def touched_tenants(before: Configuration, after: Configuration) -> int:
    """How many tenants' cost may differ, whatever the bills will say.

    What is said of a tenant itself is its own. A rule, a pool, a label, a default or a setting may
    take any line from anybody, so that it counts as all tenants of both, and as one at least.
    """
    changed = differences(entries(before), entries(after))
    touched = {one.name for one in changed if one.kind == _TENANT}
    if len(touched) < len(changed):
        return max(1, len({tenant.key for tenant in (*before.tenants, *after.tenants)}))
    return len(touched)


def _entries(content: Mapping[str, Any]) -> Iterator[tuple[EntryKey, Mapping[str, Any]]]:
    # What lines one takes depends on those before it.
    for kind, section in (("rule", "rules"), ("pool", "pools")):
        for position, one in enumerate(content[section], start=1):
            yield (kind, one["name"]), {**_without(one, "name"), "position": position}
    for name, sources in content["labels"].items():
        yield ("label", name), {"sources": sources}
    for what, tenants in content["defaults"].items():
        for name, tenant in tenants.items():
            yield (f"default of {what}", name), {"tenant": tenant}
    for name in _SETTINGS:
        yield ("setting", name), {"value": content[name]}
    for tenant in content["tenants"]:
        yield (_TENANT, tenant["key"]), _without(tenant, "key", "name")


def _without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}
