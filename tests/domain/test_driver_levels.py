"""Which meters stand before hourly costs in a pool's chain, and which pools a pool may use."""

from services.attribution.domain.driver_levels import (
    driver_scopes,
    levels,
    meters_before_hourly_costs,
    pool_uses,
)
from shared.configuration import parse_configuration

RULESET = """
version: 1
currency: USD
tenants: [{key: acme}]
labels: {tenant: ["tag:customer"]}
pools:
  - name: nat
    when: {usage_type: ["*Nat*"]}
    drivers: [{signal: bytes}, {proportional: direct}]
  - name: tax
    when: {charge_category: [Tax]}
    drivers: [{proportional: total}]
    per: period
"""


def test_the_meters_before_hourly_costs_are_named_with_their_grain():
    nat, tax = parse_configuration(RULESET).pools
    assert meters_before_hourly_costs(nat) == [("bytes", "hour")]
    assert meters_before_hourly_costs(tax) is None


def test_a_pool_by_total_cost_may_use_every_other():
    assert pool_uses(parse_configuration(RULESET), {}) == [("tax", "nat")]


def test_a_meter_with_a_pool_among_its_consumers_makes_a_use():
    uses = pool_uses(parse_configuration(RULESET), {"bytes": ["pool:tax"]})
    assert uses == [("nat", "tax"), ("tax", "nat")]


def test_a_level_is_labelled_and_names_the_costs_that_its_driver_looks_at():
    config = parse_configuration(
        RULESET.replace(
            "{proportional: direct}]", "{proportional: direct, within: {service: [EC2]}}]"
        )
    )
    signal, within, total = levels(config)
    assert signal.scope == ""
    assert signal.label == "signal:bytes"
    assert within.scope == "1/nat"
    assert within.label == f"fallback:{within.driver.label}"
    scopes = {"1/nat": within.driver.scope, "0/tax": total.driver.scope}
    assert driver_scopes(config) == scopes
