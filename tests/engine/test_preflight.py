"""A misspelt meter must not quietly become an even split."""

from services.attribution.engine.inputs.preflight import unmetered_drivers
from shared.configuration import parse_configuration

RULESET = """
version: 1
currency: USD
tenants: [{key: acme}]
labels: {tenant: ["tag:customer"]}
pools:
  - name: nat
    when: {usage_type: ["*NatGateway*"]}
    drivers: [{signal: nat_byts}, {even: true}]
"""


def findings(*heard):
    return [found.message for found in unmetered_drivers(parse_configuration(RULESET), heard)]


class TestAMeterThatNoSignalHas:
    def test_is_named_with_the_one_that_was_meant(self):
        (message,) = findings("alb_lcu", "nat_bytes")
        assert "Pool nat: no signal has the meter `nat_byts`" in message
        assert "Did you mean `nat_bytes`?" in message

    def test_is_named_where_there_are_no_signals(self):
        (message,) = findings()
        assert message.endswith("it went by its next driver.")

    def test_is_no_finding_where_it_is_heard(self):
        assert findings("nat_byts") == []
