import datetime as dt

import pytest

from services.attribution.domain.claims import Claims
from services.attribution.domain.lines import Label, LineKey
from services.attribution.domain.tenants import TenantDirectory
from services.attribution.engine.claims.label_sources import sanitise_tag
from shared.configuration import parse_configuration
from shared.faults import BadConfiguration

RULESET = """
version: 1
currency: USD
tenants:
  - {key: acme, aliases: [acme-corp, "ACME Inc*", Société Générale]}
  - {key: globex, aliases: ["*globe*"]}
  - {key: newcomer, active: {from: 2026-10-15}}
labels: {tenant: ["tag:customer", "tag:tenant"]}
rules:
  - name: marketplace
    when: {service: ["Observely*"]}
    assign: {exclude: marketplace}
  - name: platform
    when: {tags: {app: [prometheus, "graf*"]}, region: [us-east-1]}
    assign: {overhead: platform}
  - name: october-gift
    when: {account: ["7"], dates: {from: 2026-10-01, to: 2026-10-02}}
    assign: {tenant: globex}
pools:
  - {name: nat, when: {usage_type: ["*NatGateway*"]}, drivers: [{even: true}]}
  - {name: all-nat, when: {usage_type: ["*Nat*"]}, drivers: [{even: true}]}
defaults: {accounts: {"9": acme}}
"""


@pytest.fixture(scope="module")
def claims():
    return Claims(parse_configuration(RULESET))


def line(label=None, day=dt.date(2026, 10, 3), tags=None, **values):
    names = [
        "account",
        "service",
        "service_code",
        "region",
        "usage_type",
        "resource",
        "charge_category",
        "commitment",
    ]
    return LineKey(
        **{name: values.get(name, "") for name in names},
        tags=tags or {},
        day=day,
        label=Label("tag:customer", label) if label else None,
    )


class TestTheOrderOfClaims:
    def test_puts_rules_before_labels(self, claims):
        claim = claims.of(line("acme", service="Observely Pro"))
        assert (claim.kind, claim.recipient, claim.rule) == (
            "excluded",
            "excluded:marketplace",
            "marketplace",
        )

    def test_puts_labels_before_pools(self, claims):
        claim = claims.of(line("acme", usage_type="NatGateway-Hours"))
        assert (claim.kind, claim.recipient, claim.method) == ("tenant", "acme", "label")

    def test_puts_pools_before_defaults(self, claims):
        claim = claims.of(line(usage_type="USE1-NatGateway-Bytes", account="9"))
        assert (claim.kind, claim.recipient) == ("pool", "nat")

    def test_names_further_pools_that_match(self, claims):
        assert claims.of(line(usage_type="NatGateway-Hours")).also_matched == ("all-nat",)

    def test_takes_defaults_last(self, claims):
        claim = claims.of(line(account="9"))
        assert (claim.recipient, claim.method) == ("acme", "default")

    def test_leaves_a_line_without_a_value_unallocated_and_says_what_is_missing(self, claims):
        claim = claims.of(line())
        assert (claim.recipient, claim.reason, claim.tag_key) == (
            "unallocated",
            "no-label",
            "customer",
        )

    def test_shows_an_unknown_value_as_unmapped(self, claims):
        claim = claims.of(line("gloobex"))
        assert (claim.recipient, claim.reason, claim.tag_value) == (
            "unmapped:gloobex",
            "unknown-value",
            "gloobex",
        )

    def test_gives_an_unknown_value_to_a_pool_or_default_that_takes_the_line(self, claims):
        assert claims.of(line("gloobex", account="9")).recipient == "acme"


class TestSelectors:
    def test_need_every_key_and_any_of_its_values(self, claims):
        grafana = {"app": "grafana"}
        assert claims.of(line(tags=grafana, region="us-east-1")).recipient == "overhead:platform"
        assert claims.of(line(tags=grafana, region="eu-west-1")).recipient == "unallocated"
        assert claims.of(line(region="us-east-1")).recipient == "unallocated"

    def test_keep_case(self, claims):
        assert claims.of(line(service="observely")).recipient == "unallocated"

    def test_match_a_service_by_its_code_too(self, claims):
        assert claims.of(line(service_code="ObservelyPro")).kind == "excluded"

    def test_hold_from_their_first_day_up_to_not_including_their_last(self, claims):
        assert claims.of(line(account="7", day=dt.date(2026, 10, 1))).recipient == "globex"
        assert claims.of(line(account="7", day=dt.date(2026, 10, 2))).recipient == "unallocated"
        assert claims.of(line(account="7", day=dt.date(2026, 9, 30))).recipient == "unallocated"


class TestValues:
    @pytest.mark.parametrize(
        "value",
        [
            "acme",
            " ACME ",
            "Acme-Corp",
            "acme inc. (eu)",
            "Socie\u0301te\u0301 Ge\u0301ne\u0301rale",
        ],
    )
    def test_are_compared_trimmed_in_nfc_and_without_case(self, claims, value):
        assert claims.of(line(value)).recipient == "acme"

    def test_of_a_tenant_not_yet_active_claim_nothing(self, claims):
        assert claims.of(line("newcomer")).recipient == "unmapped:newcomer"
        assert claims.of(line("newcomer", day=dt.date(2026, 10, 15))).recipient == "newcomer"

    def test_that_two_tenants_patterns_match_are_refused(self):
        config = parse_configuration(RULESET)
        with pytest.raises(BadConfiguration, match="acme, globex"):
            TenantDirectory(config.tenants).key_of("ACME Inc globe")

    def test_prefer_an_exact_alias_to_a_pattern(self):
        changed = RULESET.replace("[acme-corp,", '[acme-corp, "the globe",')
        directory = TenantDirectory(parse_configuration(changed).tenants)
        assert directory.key_of("The Globe") == "acme"


class TestTagKeysOfCur2:
    @pytest.mark.parametrize(
        ("key", "written"),
        [
            ("customer", "customer"),
            ("CostCenter", "cost_center"),
            ("app.kubernetes.io/name", "app_kubernetes_io_name"),
            ("aws:eks:cluster-name", "aws_eks_cluster_name"),
        ],
    )
    def test_are_found_in_the_form_that_the_export_writes(self, key, written):
        assert sanitise_tag(key) == written
