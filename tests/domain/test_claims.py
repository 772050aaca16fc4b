import datetime as dt
from dataclasses import replace

import pytest

from services.attribution.domain.claims import Claims
from services.attribution.domain.lines import Label, LineKey, PodKey
from services.attribution.domain.near_tenants import NearTenants, slip_of
from services.attribution.domain.tenants import TenantDirectory
from services.attribution.engine.bill_columns import sanitise_tag
from shared.configuration import parse_configuration
from shared.faults import BadConfiguration

RULESET = """
version: 1
currency: USD
tenants:
  - {key: acme, aliases: [acme-corp, "ACME Inc*", "*.acme", Société Générale]}
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

NEAR = """
version: 1
currency: USD
tenants:
  - {key: acme, name: Road Runner Supplies}
  - {key: globex}
  - {key: lac, aliases: [Societe du Lac]}
  - {key: tenant-117}
  - {key: hooli-1, name: Hooli Inc}
  - {key: hooli-2, name: Hooli GmbH}
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
        "seller",
        "publisher",
        "invoice_issuer",
        "billing_entity",
    ]
    return LineKey(
        **{name: values.get(name, "") for name in names},
        tags=tags or {},
        day=day,
        label=Label("tag:customer", label) if label else None,
    )


@pytest.fixture(scope="module")
def near():
    return NearTenants(parse_configuration(NEAR))


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

    @pytest.mark.parametrize(
        ("late", "recipient", "method", "rule"),
        [
            (line("acme"), "acme", "late-correction", "tag:customer"),
            (line(account="9"), "acme", "late-correction", "account:9"),
            (
                line(service="Observely"),
                "excluded:marketplace",
                "late-correction",
                "marketplace",
            ),
            (line(usage_type="NatGateway-Hours"), "nat", "pool", "pool:nat"),
            (line(), "unallocated", "none", ""),
        ],
        ids=["label", "default", "rule", "pool", "nobody"],
    )
    def test_names_what_stays_out_of_its_month(self, claims, late, recipient, method, rule):
        claim = claims.of(replace(late, late_month="2026-09"))
        assert (claim.recipient, claim.method, claim.rule) == (recipient, method, rule)

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
        config = parse_configuration(RULESET, file="mine.yaml")
        with pytest.raises(BadConfiguration, match=r"^mine\.yaml, .*acme, globex"):
            TenantDirectory(config).key_of("ACME Inc globe")

    def test_takes_an_alias_with_brackets_as_it_is_written_first(self):
        config = parse_configuration(
            "version: 1\ncurrency: USD\ntenants:\n"
            '  - {key: acme, aliases: ["Acme [EU]", "acme-[0-9]"]}\n'
            '  - {key: globex, aliases: ["Acme *"]}\n'
            'labels: {tenant: ["tag:customer"]}\n'
        )
        directory = TenantDirectory(config)
        assert directory.key_of(" acme [eu]") == "acme"
        assert directory.key_of("acme-3") == "acme"
        assert directory.key_of("Acme US") == "globex"

    def test_prefer_an_exact_alias_to_a_pattern(self):
        changed = RULESET.replace("[acme-corp,", '[acme-corp, "the globe",')
        directory = TenantDirectory(parse_configuration(changed))
        assert directory.key_of("The Globe") == "acme"


class TestAValueThatLooksLikeATenants:
    @pytest.mark.parametrize(
        "value",
        [
            "acme\u200b",
            "ac\u00adme",
            "\u202eacme\u202c",
            "\ufeffAcme",
            "\uff21\uff23\uff2d\uff25",
            "acme-corp\u00a0\u2060",
            "eu.acme\u200d",
            "soci\u00e9t\u00e9\u00a0 g\u00e9n\u00e9rale",
        ],
    )
    def test_is_taken_for_it_and_named(self, claims, value):
        claim = claims.of(line(value))
        assert (claim.recipient, claim.method, claim.unknown_value) == ("acme", "label", value)

    def test_is_nobodys_where_it_looks_like_two(self):
        alias = 'aliases: ["acme\\u200b", '
        ruleset = RULESET.replace('aliases: ["*globe*"', alias + '"*globe*"')
        claims = Claims(parse_configuration(ruleset))
        assert claims.of(line("acme\u200b")).recipient == "globex"
        claim = claims.of(line("acme\u00ad"))
        assert (claim.recipient, claim.unknown_value) == ("unmapped:acme\\u00ad", "acme\u00ad")

    @pytest.mark.parametrize(
        "value", ["globex\u200b inc", "globex\u00a0inc", "\uff27lobex Inc", "globex  inc"]
    )
    def test_is_its_before_another_ones_pattern_takes_it(self, value):
        ruleset = RULESET.replace("[acme-corp,", '[acme-corp, "globex inc",')
        ruleset = ruleset.replace('aliases: ["*globe*"', 'aliases: ["GLOBEX*"')
        claims = Claims(parse_configuration(ruleset))
        claim = claims.of(line(value))
        assert (claim.recipient, claim.unknown_value) == ("acme", value)
        assert claims.of(line("globex\u200b llc")).recipient == "globex"

    def test_is_its_by_its_own_pattern_without_a_word(self):
        ruleset = RULESET.replace("[acme-corp,", '[acme-corp, "acme*",')
        claim = Claims(parse_configuration(ruleset)).of(line("acme\u200b"))
        assert (claim.recipient, claim.unknown_value) == ("acme", "")

    def test_does_not_claim_for_a_tenant_that_is_not_active(self, claims):
        assert claims.of(line("newcomer\u200b")).recipient == "unmapped:newcomer\\u200b"

    def test_is_none_where_the_value_itself_is_known(self, claims):
        assert claims.of(line(" ACME ")).unknown_value == ""


class TestTheNearestTenants:
    @pytest.mark.parametrize(
        ("value", "keys"),
        [
            ("acme\u200b", ("acme",)),  # looks the same
            ("Road Runner Supplies", ("acme",)),  # its name
            ("ACME, Inc.", ("acme",)),
            ("A.C.M.E. S.A.", ("acme",)),
            ("\u0430\u0441me", ("acme",)),  # Cyrillic letters
            ("Soci\u00e9t\u00e9 du Lac", ("lac",)),
            ("gloobex", ("globex",)),  # a slip of a finger
            ("globex-prod", ("globex",)),
            ("hooli llc", ("hooli-1", "hooli-2")),
            ("tenant-118", ()),  # numbers tell tenants apart
            ("inc", ()),
            ("---", ()),
            ("initech", ()),
        ],
    )
    def test_are_those_a_reader_would_take_it_for(self, near, value, keys):
        assert near.of(value) == keys

    def test_are_none_by_a_slip_among_very_many(self):
        others = [f"tenant-{chr(97 + at % 26)}{at}" for at in range(301)]
        assert slip_of("tenant-a00", others) == ""


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


DIVIDED = """
version: 1
currency: USD
idle: proportional
tenants: [{key: acme}, {key: globex}]
labels: {tenant: ["tag:customer", "k8s.label:customer", "ecs.tag:customer"]}
rules:
  - name: batch
    when: {k8s: {cluster: [blue], namespace: [batch], labels: {team: ["a*"]}}}
    assign: {overhead: batch}
  - name: bought
    when: {resource: [i-own]}
    assign: {pool: shared}
pools: [{name: shared, drivers: [{even: true}]}]
defaults: {clusters: {green: globex}}
"""


@pytest.fixture(scope="module")
def divided():
    return Claims(parse_configuration(DIVIDED))


class TestALineThatPaysForPods:
    def node(self, cluster="green", label=None, pod=None, resource=""):
        return replace(line(label, resource=resource), carrier="node", cluster=cluster, pod=pod)

    def pod(self, label=None, *, cluster="blue", kind="pod", **values):
        values = {"namespace": "web", "labels": {}, **values}
        return PodKey(cluster=cluster, label=label, kind=kind, **values)

    def test_is_divided_and_what_no_pod_took_is_idle(self, divided):
        claim = divided.of(self.node())
        assert (claim.is_divided, claim.recipient, claim.method) == (True, "idle:green", "none")
        assert claim.rule == "idle:proportional"

    def test_is_divided_where_a_rule_may_take_some_of_the_pods(self, divided):
        assert divided.of(self.node("blue", label="acme")).is_divided

    def test_is_not_where_a_rule_or_its_own_tag_takes_it_whole(self, divided):
        whole = divided.of(self.node(resource="i-own"))
        assert (whole.is_divided, whole.kind, whole.recipient) == (False, "pool", "shared")
        tagged = divided.of(self.node(label="acme"))
        assert (tagged.is_divided, tagged.recipient) == (False, "acme")

    def test_is_where_labels_of_pods_come_before_its_tag(self):
        ruleset = DIVIDED.replace('["tag:customer", ', "[").replace(
            '"ecs.tag:customer"]', '"tag:customer"]'
        )
        assert Claims(parse_configuration(ruleset)).of(self.node(label="acme")).is_divided

    def test_gives_a_pod_to_the_tenant_of_its_label(self, divided):
        claim = divided.of(self.node(pod=self.pod(Label("k8s.label:customer", "globex"))))
        assert (claim.recipient, claim.method, claim.rule) == (
            "globex",
            "pod",
            "k8s.label:customer",
        )

    @pytest.mark.parametrize(
        ("origin", "rule"),
        [("service", "of the service"), ("cluster", "of the cluster, inferred")],
    )
    def test_says_what_a_task_has_its_tag_of(self, divided, origin, rule):
        label = Label("ecs.tag:customer", "acme", origin)
        claim = divided.of(replace(line(), label=label))
        assert (claim.method, claim.rule) == ("task", f"ecs.tag:customer {rule}")

    def test_gives_a_pod_by_a_rule_that_names_its_namespace_and_labels(self, divided):
        pod = self.pod(namespace="batch", labels={"team": "a1"})
        assert divided.of(self.node("blue", pod=pod)).recipient == "overhead:batch"
        other = self.pod(namespace="batch", labels={"team": "b1"})
        assert divided.of(self.node("blue", pod=other)).recipient == "unallocated"

    def test_names_the_label_that_a_pod_or_task_has_not(self, divided):
        pod = divided.of(self.node("blue", pod=self.pod()))
        assert (pod.reason, pod.tag_key) == ("no-label", "k8s.label:customer")
        task = divided.of(self.node("blue", pod=self.pod(kind="task")))
        assert (task.reason, task.tag_key) == ("no-label", "ecs.tag:customer")

    def test_of_a_node_that_no_workload_knows_is_unallocated(self, divided):
        claim = divided.of(replace(line(), cluster_tag="red"))
        assert (claim.reason, claim.tag_value) == ("unknown-node", "red")
        assert divided.of(replace(line(), cluster_tag="green")).recipient == "globex"
