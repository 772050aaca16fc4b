"""The whole of `trueback.yaml`; what each key does: docs/ruleset.md."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    StringConstraints,
    field_validator,
    model_validator,
)

from shared.configuration import principals
from shared.configuration.billing import Billing
from shared.configuration.commercial import Customer, Plan, Seller
from shared.configuration.drivers import AnyDriver, Grain
from shared.configuration.entry import Alias, Currency, Entry, Exact, Key, Name
from shared.configuration.selectors import Dates, Patterns, Selector
from shared.vocabulary.recipients import UNALLOCATED

LABEL_SOURCES = (
    "tag",
    "k8s.label",
    "k8s.annotation",
    "k8s.namespace-label",
    "k8s.namespace-annotation",
    "ecs.tag",
    principals.SOURCE,
)


def _readable(source: str) -> str:
    if source.startswith(f"{principals.SOURCE}:"):
        principals.principal_pattern(source.split(":", 1)[1])
    return source


LabelSource = Annotated[
    str,
    StringConstraints(pattern=rf"^({'|'.join(s.replace('.', '[.]') for s in LABEL_SOURCES)}):.+$"),
    AfterValidator(_readable),
]


class Tenant(Entry):
    key: Key
    name: Name | None = None
    aliases: tuple[Alias, ...] = ()
    active: Dates | None = None

    @field_validator("key")
    @classmethod
    def _not_reserved(cls, key: str) -> str:
        if key == UNALLOCATED:
            raise ValueError("the key `unallocated` is reserved for what nobody owns")
        return key


class Assignment(Entry):
    """Exactly one of them."""

    tenant: Key | None = None
    pool: Name | None = None
    overhead: Name | None = None
    exclude: Name | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("`assign` names exactly one of tenant, pool, overhead, exclude")
        return self


class Rule(Entry):
    name: Name
    when: Selector
    assign: Assignment


class Pool(Entry):
    """A pool without `when` is filled by rules alone."""

    name: Name
    when: Selector | None = None
    drivers: tuple[AnyDriver, ...] = Field(min_length=1)
    per: Grain = "hour"


class Defaults(Entry):
    clusters: Mapping[str, Key] = Field(default_factory=dict)
    accounts: Mapping[str, Key] = Field(default_factory=dict)


NodePrice = Annotated[Exact, Field(gt=0, max_digits=9, decimal_places=4)]


class NodePrices(Entry):
    """What a vCPU-hour, a GiB-hour and a GPU-hour of a node cost beside each other.

    As AWS weighs them in its split cost allocation data: CPU : memory 9 : 1, and a GPU at 9 times
    a unit of CPU and memory together.
    """

    cpu: NodePrice = Decimal(9)
    memory: NodePrice = Decimal(1)
    gpu: NodePrice = Decimal(90)


AccountId = Annotated[str, StringConstraints(pattern=r"^\S{1,100}$")]
SmoothingScope = Literal["account", "group", "payer"]


class Smoothing(Entry):
    """Within what one rate holds: an account, a group of `commitment_groups`, or the whole bill."""

    smoothed: SmoothingScope


Labels = Annotated[Mapping[str, Annotated[tuple[LabelSource, ...], Field()]], Field()]


class Configuration(Entry):
    version: Literal[1]
    currency: Currency
    cost: Literal["EffectiveCost", "BilledCost"] = "EffectiveCost"
    tenants: tuple[Tenant, ...] = ()
    labels: Labels = Field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    pools: tuple[Pool, ...] = ()
    defaults: Defaults = Field(default_factory=Defaults)
    node_prices: NodePrices = Field(default_factory=NodePrices)
    idle: Literal["overhead", "proportional", "reserved"] = "overhead"
    commitments: Literal["as_billed", "smoothed"] | Smoothing = "as_billed"
    commitment_groups: Mapping[Name, Annotated[tuple[AccountId, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    corrections: Literal["charge_period", "billing_period"] = "charge_period"
    billing: Billing = Field(default_factory=Billing)
    plans: tuple[Plan, ...] = ()
    customers: tuple[Customer, ...] = ()
    seller: Seller | None = None

    _file: str = PrivateAttr("trueback.yaml")

    def model_post_init(self, context: Any) -> None:
        """`context` is the name of the file that is read, if there is one."""
        if context is not None:
            self._file = context

    @property
    def file(self) -> str:
        """For faults that are seen when the ruleset meets a bill, signals or workloads."""
        return self._file

    @property
    def smoothing_scope(self) -> SmoothingScope | None:
        """None where commitments are as billed."""
        if isinstance(self.commitments, Smoothing):
            return self.commitments.smoothed
        return "account" if self.commitments == "smoothed" else None

    @property
    def tenant_labels(self) -> tuple[str, ...]:
        return self.labels.get("tenant", ())

    @property
    def dimensions(self) -> Mapping[str, tuple[str, ...]]:
        return {name: sources for name, sources in self.labels.items() if name != "tenant"}


__all__ = ["Assignment", "Configuration", "Patterns", "Pool", "Rule", "Selector", "Tenant"]
