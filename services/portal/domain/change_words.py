"""How changes that wait for a second person are written for people."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.contracts.price_words import component_words
from shared.vocabulary.line_kinds import LineKind, LinelessKind
from shared.vocabulary.names import as_heading
from shared.vocabulary.proposals import ProposalRefusal, ProposalState, Proposed

TITLES: Final[Mapping[str, str]] = {
    Proposed.RULESET: "Ruleset",
    Proposed.PERIOD_RULESET: "A closed month by the current rules",
    Proposed.PLANS: "Plans and contracts",
}
STATES: Final[Mapping[str, str]] = {
    ProposalState.WAITING: "waiting",
    ProposalState.CONFIRMED: "confirmed",
    ProposalState.REJECTED: "rejected",
    ProposalState.WITHDRAWN: "withdrawn",
    ProposalState.REPLACED: "replaced by another",
    ProposalState.OUTDATED: "overtaken by another",
}
_REFUSALS: Final[Mapping[str, str]] = {
    ProposalRefusal.OWN_CHANGE: "You asked for this change, so another administrator confirms it.",
    ProposalRefusal.NOT_WAITING: "It is {state} already. Nothing was done.",
    ProposalRefusal.CHANGED_SINCE: (
        "What it changes has been changed since. Propose it again, and look at it anew."
    ),
}
# What says of a component that it has a price, and what its words say.
_PRICES: Final = frozenset({"percent", "amount", "steps"})
_WORDED: Final = _PRICES | {"kind", "name", "every", "groups", "floor", "on", "from", "to"}


def reach_words(subject: str, reach: Mapping[str, Any]) -> str:
    """What may move, since two people last agreed; figures of a later release are left out."""
    if subject == Proposed.RULESET:
        return _tenants_words(reach)
    if subject == Proposed.PERIOD_RULESET:
        return (
            f"{reach.get('period', 'The month')} was closed by other rules, and would be attributed"
            f" anew. {_tenants_words(reach)} Why: {reach.get('reason', '')}"
        )
    customers = _count(reach.get("customers", 0), "customer")
    percent = reach.get("percent")
    if percent is None:
        return f"It touches {customers}, and their terms can't be compared price by price."
    if not float(percent):
        return f"It touches {customers}, and no price that somebody pays today."
    return f"It touches {customers}, and moves a price by up to {percent} %."


def _tenants_words(reach: Mapping[str, Any]) -> str:
    tenants = reach.get("tenants")
    if tenants is None:
        return "The cost of any tenant may move."
    return f"The cost of {_count(tenants, 'tenant')} may move."


def refusal_words(reason: Mapping[str, Any]) -> str:
    """Raises KeyError for a code of a later release."""
    state = str(reason["state"])
    return _REFUSALS[reason["code"]].format(state=STATES.get(state, state))


def differing(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two lists what only one of them has; where that is nothing, they differ in their order."""
    if not isinstance(before, list) or not isinstance(after, list):
        return before, after
    removed = [one for one in before if one not in after]
    added = [one for one in after if one not in before]
    return (removed, added) if removed or added else (before, after)


def value_words(value: Any) -> str:
    """A value of `trueback.yaml` on one line; nothing is an empty text."""
    if isinstance(value, Mapping):
        return _price_words(value) or ", ".join(_pairs(value))
    if isinstance(value, list):
        return "; ".join(filter(None, map(value_words, value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _price_words(fields: Mapping[str, Any]) -> str:
    """`Cloud usage: cost plus 32%` of a price component; nothing of anything else."""
    if fields.get("kind") in {LinelessKind.CAP, LinelessKind.DISCOUNT, LineKind.MINIMUM}:
        price = as_heading(component_words(fields))
    elif "kind" in fields and "name" in fields and _PRICES & fields.keys():
        price = f"{fields['name']}: {component_words(fields)}"
    else:
        return ""
    more = {name: value for name, value in fields.items() if name not in _WORDED}
    return ", ".join([price, *_pairs(more)])


def _pairs(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, value in fields.items():
        words = value_words(value)
        if words:
            yield f"{name.replace('_', ' ')}: {words}"


def _count(number: Any, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
