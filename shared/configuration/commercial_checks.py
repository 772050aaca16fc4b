"""What plans and contracts say that one key alone can't show."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, localcontext
from itertools import pairwise

from shared.configuration.commercial import Contract, Customer, Plan
from shared.configuration.components import Cap, CostPlus, Discount, Minimum, Tiers
from shared.configuration.corrections import Grant
from shared.configuration.models import Configuration
from shared.configuration.plan_versions import plan_versions
from shared.configuration.problem import Path, Problem
from shared.money import currency_exponent, smallest_charge_step


def check_commercial(config: Configuration) -> Iterator[Problem]:
    yield from _versions_out_of_order(config)
    for index, plan in enumerate(config.plans):
        yield from _components(("plans", index, "components"), plan, config)
    for index, customer in enumerate(config.customers):
        yield from _contracts_without_key(index, customer)
        yield from _unlike_grants(index, customer)
        for at, contract in enumerate(customer.contracts):
            path: Path = ("customers", index, "contracts", at)
            yield from _contract(path, contract, plan_versions(config.plans, contract), config)


def _versions_out_of_order(config: Configuration) -> Iterator[Problem]:
    """Else a higher version would give way to a lower one."""
    order = sorted(range(len(config.plans)), key=lambda at: config.plans[at].version)
    for key in {plan.key: None for plan in config.plans}:
        for before, at in pairwise(at for at in order if config.plans[at].key == key):
            earlier, plan = config.plans[before], config.plans[at]
            if earlier.from_ is not None and (plan.from_ is None or plan.from_ <= earlier.from_):
                yield Problem(
                    ("plans", at, *(("from",) if plan.from_ else ())),
                    f"version {plan.version} of {key!r} holds from no later day than version"
                    f" {earlier.version}, which holds from {earlier.from_}.",
                    "Give the higher version a later `from`, the first of a month.",
                )


def _components(path: Path, plan: Plan, config: Configuration) -> Iterator[Problem]:
    """In the currency of each contract, which may be another than the plan's."""
    currencies = {plan.currency} | {
        contract.currency
        for customer in config.customers
        for contract in customer.contracts
        if contract.currency is not None
        and contract.plan == plan.key
        and plan in plan_versions(config.plans, contract)
    }
    once: dict[str, int] = {}
    for at, component in enumerate(plan.components):
        where: Path = (*path, at)
        if isinstance(component, Minimum | Cap | Discount):
            for currency in sorted(currencies):
                yield from _no_step((*where, "amount"), component.amount, currency)
        elif isinstance(component, CostPlus):
            yield from _no_step((*where, "floor"), component.floor, config.currency)
        elif isinstance(component, Tiers):
            for number, step in enumerate(component.steps):
                yield from _no_step((*where, "steps", number, "to"), step.to, config.currency)
        if isinstance(component, Minimum | Cap):
            if component.kind in once:
                yield Problem(
                    (*where, "kind"),
                    f"the plan {plan.key!r} has two of kind {component.kind!r}.",
                    "One holds for the month as a whole: leave one out.",
                )
            once[component.kind] = at


def _contracts_without_key(index: int, customer: Customer) -> Iterator[Problem]:
    keys: set[str] = set()
    has_keys = any(contract.key for contract in customer.contracts)
    for at, contract in enumerate(customer.contracts):
        path: Path = ("customers", index, "contracts", at)
        if has_keys and contract.key is None:
            yield Problem(
                path,
                f"another contract of {customer.key!r} has a `key`, and this one has none.",
                "Give each of a customer's contracts a `key`.",
            )
        elif contract.key in keys:
            yield Problem(
                (*path, "key"),
                f"{contract.key!r} is the key of two contracts of {customer.key!r}.",
                "Give one of them another key.",
            )
        keys |= {contract.key} if contract.key else set()


def _unlike_grants(index: int, customer: Customer) -> Iterator[Problem]:
    """A key is of one grant, which contracts of a customer may share."""
    known: dict[str, Grant] = {}
    for at, contract in enumerate(customer.contracts):
        own: set[str] = set()
        for number, grant in enumerate(contract.grants):
            path: Path = ("customers", index, "contracts", at, "grants", number)
            if grant.key in own:
                yield Problem(
                    (*path, "key"),
                    f"the contract has two grants {grant.key!r}.",
                    "Give one of them another key.",
                )
            elif known.setdefault(grant.key, grant) != grant:
                yield Problem(
                    path,
                    f"another contract of {customer.key!r} has a grant {grant.key!r} that differs.",
                    "Say the same of a grant that they share, or give it another key.",
                )
            own.add(grant.key)


def _contract(
    path: Path, contract: Contract, versions: Sequence[Plan], config: Configuration
) -> Iterator[Problem]:
    if not versions:
        if any(plan.key == contract.plan for plan in config.plans):
            yield Problem(
                (*path, "from"),
                f"no version of the plan {contract.plan!r} holds on {contract.from_}.",
                "Keep the version that held then, or give the first one no `from`.",
            )
        return
    currency = contract.currency or versions[0].currency
    for at, grant in enumerate(contract.grants):
        yield from _no_step((*path, "grants", at, "amount"), grant.amount, currency)
    if contract.fx is not None and currency == config.currency:
        yield Problem(
            (*path, "fx"),
            f"both the contract and the bill are in {currency}: there is no rate between them.",
            "Leave `fx` out, or give the contract its `currency`.",
        )
    if contract.true_up is not None:
        for name in ("threshold", "auto_approve_below"):
            yield from _no_step((*path, "true_up", name), getattr(contract.true_up, name), currency)


def _no_step(path: Path, amount: Decimal | None, currency: str) -> Iterator[Problem]:
    """Nothing is charged or credited between two steps, so nothing is bounded there."""
    if amount is None:
        return
    step = smallest_charge_step(currency)
    with localcontext(prec=60):
        is_multiple = amount.scaleb(currency_exponent(currency)) % step == 0
    if not is_multiple:
        smallest = Decimal(step).scaleb(-currency_exponent(currency))
        yield Problem(
            path,
            f"{amount} is no multiple of {smallest} {currency}, the smallest step of a charge.",
            f"Write a multiple of {smallest}.",
        )
