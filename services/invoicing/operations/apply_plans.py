"""Plans, customers and contracts of `trueback.yaml`, for all customers at once.

What is known is read whole and compared in memory, what differs is written in batches: the number
of statements does not grow with the customers.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.invoicing.domain.contract_ids import Bound, Known, contract_ids
from services.invoicing.models import Contract, Customer, Plan, PlansApplication
from services.invoicing.operations.draw_grants import put_grants
from services.invoicing.queries.commercial_terms import (
    components_of,
    contract_policies,
    customer_fields,
    seller_fields,
    terms_in_force,
)
from shared.configuration import Configuration, parse_configuration
from shared.configuration.plan_versions import plan_versions
from shared.contracts.invoicing import CUSTOMER_CONTRACTED, CustomerContracted
from shared.faults import BadConfiguration
from shared.isolation.locks import lock_until_commit
from shared.messaging.producer.emit import emit_all
from shared.vocabulary.disclosure import Disclosure
from shared.vocabulary.proposals import Proposed

# Rows of one statement.
_BATCH: Final = 1_000


def apply_plans(
    *,
    content: str,
    applied_by: str = "",
    confirmed_by: str = "",
    configuration: Configuration | None = None,
) -> str:
    """Take plans, customers and contracts from `trueback.yaml`, whole; returns its digest.

    Who may is for `change_plans` to say. The same content twice changes nothing; what it does not
    name any more bills nothing. Raises BadConfiguration, as `check_plans`; `configuration` is the
    content where it is read already.
    """
    configuration = configuration or parse_configuration(content)
    # Who applies plans at the same time waits, also where there is no row yet to wait for.
    lock_until_commit(Proposed.PLANS)
    check_plans(configuration)
    is_first = not Customer.objects.exists()
    if not is_first and not PlansApplication.objects.filter(is_agreed=True).exists():
        _keep_earlier_terms()
    for plan in configuration.plans:
        _put_plan(plan)
    _put_customers(configuration)
    named = [customer.key for customer in configuration.customers]
    Customer.objects.exclude(customer_id__in=named).update(is_active=False)
    Contract.objects.exclude(customer_id__in=named).update(is_active=False)
    digest = plans_digest(content)
    is_agreed = bool(confirmed_by) or is_first
    newest = PlansApplication.objects.order_by("-pk").first()
    if newest is not None and newest.digest == digest and not confirmed_by:
        return digest
    PlansApplication.objects.create(
        digest=digest,
        applied_by=applied_by,
        confirmed_by=confirmed_by,
        is_agreed=is_agreed,
        terms=terms_in_force() if is_agreed else None,
        brake=configuration.billing.brake.model_dump(mode="json"),
    )
    return digest


def plans_digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def check_plans(configuration: Configuration) -> None:
    """A plan version that is in use is never edited, and no tenant is billed twice.

    Raises BadConfiguration.
    """
    _refuse_double_billing(configuration)
    known = {(plan.key, plan.version): plan for plan in Plan.objects.all()}
    for plan in configuration.plans:
        in_use = known.get((plan.key, plan.version))
        if in_use is None:
            continue
        differs = "other components" if in_use.components != components_of(plan) else ""
        if in_use.starts_on != plan.from_:
            differs = differs or "another `from`"
        if differs:
            raise BadConfiguration(
                f"plan {plan.key} version {plan.version} is in use with {differs}.",
                file=configuration.file,
                field=f"plans.{plan.key}",
                remedy="Give the changed plan a new version.",
            )


def _keep_earlier_terms() -> None:
    """Of a release that asked nobody for a second person: what was in force then is agreed on."""
    PlansApplication.objects.create(is_agreed=True, terms=terms_in_force())


def _refuse_double_billing(configuration: Configuration) -> None:
    """No day of a tenant is under two contracts, whoever's they are."""
    seen: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    for customer in configuration.customers:
        for contract in customer.contracts:
            start, end = contract.from_, contract.to or date.max
            for tenant in contract.tenants:
                for other, other_start, other_end in seen[tenant]:
                    if start < other_end and other_start < end:
                        raise BadConfiguration(
                            f"tenant {tenant} is under two contracts at once, of {other} and of"
                            f" {customer.key}.",
                            file=configuration.file,
                            field=f"customers.{customer.key}.contracts",
                            remedy="End one where the other starts, or take the tenant out.",
                        )
                seen[tenant].append((customer.key, start, end))


def _put_plan(plan: Any) -> None:
    Plan.objects.get_or_create(
        key=plan.key,
        version=plan.version,
        defaults={
            "plan_id": _plan_id(plan),
            "name": plan.name,
            "currency": plan.currency,
            "starts_on": plan.from_,
            "components": components_of(plan),
        },
    )


@dataclass
class _Rows:
    """Rows of one model: those that are known, by their key, and those to be written."""

    model: Any
    known: dict[str, Any]
    created: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    _fields: set[str] = field(default_factory=set)

    def take(self, key: str, wanted: Mapping[str, Any], **fixed: Any) -> tuple[Any, bool]:
        """The row as it is wanted, and whether that is news; `fixed` is of a new one alone."""
        row = self.known.get(key)
        if row is None:
            row = self.model(pk=key, **wanted, **fixed)
            self.created.append(row)
            return row, True
        return row, self.change(row, wanted)

    def change(self, row: Any, wanted: Mapping[str, Any]) -> bool:
        """Whether anything of it differed."""
        names = [name for name, value in wanted.items() if getattr(row, name) != value]
        for name in names:
            setattr(row, name, wanted[name])
        if names and row.pk in self.known:
            self.changed.append(row)
            self._fields.update(names)
        return bool(names)

    def save(self) -> None:
        """The fields that differ alone: others are written by whoever issues meanwhile."""
        self.model.objects.bulk_create(self.created, batch_size=_BATCH)
        if self.changed:
            rows = list({row.pk: row for row in self.changed}.values())
            self.model.objects.bulk_update(rows, sorted(self._fields), batch_size=_BATCH)


def _put_customers(configuration: Configuration) -> None:
    customers = _Rows(Customer, {row.customer_id: row for row in Customer.objects.all()})
    contracts = _Rows(Contract, {row.contract_id: row for row in Contract.objects.all()})
    known: defaultdict[str, list[Contract]] = defaultdict(list)
    for row in contracts.known.values():
        known[row.customer_id].append(row)
    active = {key: [row for row in rows if row.is_active] for key, rows in known.items()}
    names = {tenant.key: tenant.name or tenant.key for tenant in configuration.tenants}
    seller = seller_fields(configuration)
    facts = []
    for customer in configuration.customers:
        row, is_other = customers.take(
            customer.key, {**customer_fields(customer, seller), "is_active": True}
        )
        kept = []
        ids = _contract_ids(customer, known[customer.key])
        for contract_id, contract in zip(ids, customer.contracts, strict=True):
            wanted = _contract(contract, plan_versions(configuration.plans, contract), names)
            kept_row, differs = contracts.take(contract_id, wanted, customer_id=customer.key)
            kept.append(kept_row)
            is_other |= differs
        for ended in active.get(customer.key, ()):
            if ended not in kept:
                is_other |= contracts.change(ended, {"is_active": False})
        if is_other:
            customers.change(row, {"version": row.version + 1})
            facts.append(_fact(row, kept))
    customers.save()
    contracts.save()
    rows = (*contracts.known.values(), *contracts.created)
    put_grants(row for row in rows if row.is_active)
    emit_all(CUSTOMER_CONTRACTED, facts)


def _contract_ids(customer: Any, known: Sequence[Contract]) -> list[str]:
    return contract_ids(
        customer.key,
        [Bound(one.key or "", one.tenants, one.from_, one.to) for one in customer.contracts],
        [
            Known(
                key=row.key,
                tenants=row.tenants,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                contract_id=row.contract_id,
                is_active=row.is_active,
            )
            for row in known
        ],
    )


def _contract(contract: Any, versions: Sequence[Any], names: Mapping[str, str]) -> dict[str, Any]:
    plan, *later = versions
    return {
        "key": contract.key or "",
        "plan_id": _plan_id(plan),
        "plan_name": plan.name,
        "later_plans": [
            {"from": str(one.from_), "plan": _plan_id(one), "name": one.name} for one in later
        ],
        "tenants": list(contract.tenants),
        "tenant_names": {key: names[key] for key in contract.tenants if key in names},
        "starts_on": contract.from_,
        "ends_on": contract.to,
        "currency": contract.currency or plan.currency,
        "disclosure": contract.disclosure,
        "days_until_due": contract.days_until_due,
        **contract_policies(contract),
        "is_active": True,
    }


def _plan_id(plan: Any) -> str:
    return f"{plan.key}@{plan.version}"


def _fact(customer: Customer, contracts: Sequence[Contract]) -> CustomerContracted:
    latest = max(contracts, key=lambda contract: contract.starts_on, default=None)
    return CustomerContracted(
        customer=customer.customer_id,
        name=customer.name,
        email=customer.email,
        tenants=latest.tenants if latest else [],
        plan=latest.plan_name if latest else "",
        disclosure=latest.disclosure if latest else Disclosure.CLOSED,
        version=customer.version,
    )
