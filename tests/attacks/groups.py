"""All attacks, a module per group. Those that stop, flood or change something come last."""

from collections.abc import Sequence
from typing import Final

from tests.attacks import (
    access,
    audit,
    bills,
    bus,
    connections,
    documents,
    downloads,
    health,
    leases,
    logins,
    proposals,
    questions,
    requests,
    rotation,
    rulesets,
    sessions,
    tokens,
    webhooks,
)
from tests.attacks.attack import ATTACKS, Attack

GROUPS: Final = tuple(
    module.__name__.rpartition(".")[2]
    for module in (
        *(
            tokens,
            access,
            logins,
            sessions,
            bills,
            bus,
            webhooks,
            requests,
            downloads,
            health,
            audit,
        ),
        *(documents, questions, connections, leases, proposals, rulesets, rotation),
    )
)


def attacks(names: Sequence[str]) -> list[Attack]:
    """Those whose names start with one of `names`, all where there is none; group by group."""
    wanted = tuple(names) or ("",)
    chosen = [attack for attack in ATTACKS if attack.name.startswith(wanted)]
    return sorted(chosen, key=lambda attack: GROUPS.index(attack.group))
