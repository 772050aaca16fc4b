"""How many tenants' cost a changed ruleset may move."""

import pytest

from services.attribution.domain.ruleset_reach import entries, touched_tenants
from shared.configuration import parse_configuration
from shared.proposals.difference import differences

FILE = """
version: 1
currency: USD
tenants: [{key: acme, aliases: [a]}, {key: globex}, {key: initech}]
labels: {tenant: ["tag:customer"], team: ["tag:team"]}
rules: [{name: one, when: {service: [X]}, assign: {tenant: acme}}]
pools: [{name: nat, when: {service: [Y]}, drivers: [{even: true}]}]
defaults: {accounts: {"111111111111": acme}}
"""


def reach(*changes):
    after = FILE
    for before, text in changes:
        assert before in after
        after = after.replace(before, text)
    return touched_tenants(parse_configuration(FILE), parse_configuration(after))


class TestReach:
    @pytest.mark.parametrize(
        ("before", "after", "count"),
        [
            ("{key: globex}", "{key: globex}", 0),
            ("{key: globex}", "{key: globex, name: Globex & Sons}", 0),
            ("{key: globex}", "{key: globex, aliases: [g]}", 1),
            ("{key: globex}, ", "", 1),
            ("{key: globex}", "{key: globex}, {key: hooli}", 1),
        ],
    )
    def test_of_what_is_said_of_a_tenant_is_that_tenant(self, before, after, count):
        assert reach((before, after)) == count

    def test_of_an_alias_that_moves_is_both(self):
        assert reach((", aliases: [a]", ""), ("{key: globex}", "{key: globex, aliases: [a]}")) == 2

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("{service: [X]}", '{service: ["*"]}'),
            ("even: true", "proportional: direct"),
            ('["tag:team"]', '["tag:squad"]'),
            ('"111111111111": acme', '"111111111111": globex'),
            ("currency: USD", "currency: USD\ncost: BilledCost"),
            ("currency: USD", "currency: USD\nidle: proportional"),
            ("rules: [", "rules: [{name: two, when: {service: [Z]}, assign: {overhead: o}}, "),
        ],
    )
    def test_of_all_else_is_everybody(self, before, after):
        assert reach((before, after)) == 3

    def test_is_one_at_least_where_there_is_no_tenant(self):
        bare = "version: 1\ncurrency: USD\n"
        before, after = parse_configuration(bare), parse_configuration(bare + "idle: reserved\n")
        assert touched_tenants(before, after) == 1


class TestDifferences:
    def test_name_what_differs_and_no_more(self):
        after = FILE.replace("{key: globex}, ", "").replace("[X]", "[X, Z]")
        before, after = (entries(parse_configuration(text)) for text in (FILE, after))
        listed = differences(before, after)
        assert [(one.key, one.after is None) for one in listed] == [
            (("rule", "one"), False),
            (("tenant", "globex"), True),
        ]
        assert list(listed[0].before) == ["when"]
