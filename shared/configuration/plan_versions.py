"""Which versions of a plan a contract goes by, and from when."""

import datetime as dt
from collections.abc import Iterable, Sequence

from shared.configuration.commercial import Contract, Plan


def plan_versions(plans: Iterable[Plan], contract: Contract) -> Sequence[Plan]:
    """The one in force on the contract's first day, then those that follow, each from its `from`.

    One without `from` holds from the contract's start, of several the highest. None where the
    contract starts before any holds.
    """
    held = sorted(
        (plan for plan in plans if plan.key == contract.plan),
        key=lambda plan: (plan.from_ or dt.date.min, plan.version),
    )
    before = [plan for plan in held if (plan.from_ or dt.date.min) <= contract.from_]
    later = [
        plan
        for plan in held[len(before) :]
        if contract.to is None or (plan.from_ or dt.date.min) < contract.to
    ]
    return [*before[-1:], *later] if before else []
