import json
from decimal import Decimal

import pytest

from shared.configuration import (
    load_configuration,
    parse_configuration,
    ruleset_digest,
    yaml_lines,
)
from shared.configuration.schema import SCHEMA_FILE, schema_text
from shared.configuration.yaml_lines import read_yaml
from shared.faults import BadConfiguration

WHOLE = """\
version: 1
currency: USD
cost: BilledCost
tenants:
  - {key: acme, name: Acme Corp, aliases: [acme-corp, "ACME Inc*"], active: {from: 2026-01-01}}
  - {key: globex}
labels:
  tenant: ["tag:customer", "k8s.namespace-annotation:trueback.io/tenant", "ecs.tag:customer"]
  team: ["tag:team"]
rules:
  - name: support
    when: {service: ["AWS Support*"], dates: {from: 2026-10-01, to: 2026-11-01}}
    assign: {pool: support}
pools:
  - name: support
    drivers: [{proportional: direct}]
    per: period
  - name: nat
    when: {usage_type: "*NatGateway*"}
    drivers: [{signal: nat_bytes}, {weights: {acme: 0.30, globex: 1}}, {even: true}]
defaults: {clusters: {}, accounts: {"012345678901": acme}}
idle: overhead
commitments: as_billed
plans:
  - key: standard
    name: Standard
    currency: USD
    components: [{kind: cost_plus, name: Cost, percent: 12.50}]
customers:
  - key: acme-corp
    name: Acme Corp
    email: bills@acme.example
    contracts: [{plan: standard, tenants: [acme], from: 2026-01-01}]
seller: {key: us, name: Us Inc}
"""


def fault_of(text: str) -> BadConfiguration:
    with pytest.raises(BadConfiguration) as raised:
        parse_configuration(text)
    return raised.value


def changed(right: str, wrong: str) -> str:
    assert right in WHOLE
    return WHOLE.replace(right, wrong, 1)


def line_of(part: str, text: str) -> int:
    return text[: text.index(part)].count("\n") + 1


class TestHostileFiles:
    """A kilobyte must not cost a minute; whatever it is, the fault is one of the file."""

    @pytest.mark.parametrize(
        "text",
        [
            "[" * 100_000,
            "{a: " * 100_000,
            "- " * 100_000,
            "a: &a [*a]",
            "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
            + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)),
            "version: " + "9" * 5000,
            "version: 1e9999999999999999999",
            'version: 1\ncurrency: USD\nplans: [{key: a, minimum: "1e999999"}]',
        ],
        ids=lambda text: text[:12],
    )
    def test_are_refused_as_bad_configuration(self, text):
        with pytest.raises(BadConfiguration):
            parse_configuration(text)

    def test_with_too_many_values_are_refused_by_their_line(self, monkeypatch):
        monkeypatch.setattr(yaml_lines, "_MOST_VALUES", 7)
        assert read_yaml("a: 1\nb: 2\nc: 3\n", file="f").content == {"a": 1, "b": 2, "c": 3}
        with pytest.raises(BadConfiguration, match="line 4: not valid YAML: more than 7 keys"):
            read_yaml("a: 1\nb: 2\nc: 3\nd: 4\n", file="f")

    def test_aliases_that_a_person_writes_are_taken(self):
        assert read_yaml("a: &a [1, 2]\nb: *a\n", file="f").content == {"a": [1, 2], "b": [1, 2]}


class TestAWholeFile:
    def test_is_read_with_numbers_by_their_text(self):
        config = parse_configuration(WHOLE)
        weights = config.pools[1].drivers[1].weights
        assert weights == {"acme": Decimal("0.30"), "globex": Decimal(1)}
        assert str(config.plans[0].components[0].percent) == "12.50"
        assert config.defaults.accounts == {"012345678901": "acme"}
        assert config.dimensions == {"team": ("tag:team",)}

    def test_has_the_same_digest_however_it_is_laid_out(self):
        reordered = WHOLE.replace("version: 1\ncurrency: USD\n", "") + "currency: USD\nversion: 1\n"
        assert ruleset_digest(parse_configuration(WHOLE)) == ruleset_digest(
            parse_configuration(reordered)
        )

    def test_has_another_digest_when_a_weight_changes(self):
        changed = WHOLE.replace("0.30", "0.31")
        assert ruleset_digest(parse_configuration(WHOLE)) != ruleset_digest(
            parse_configuration(changed)
        )

    def test_has_another_digest_when_its_months_close_otherwise_than_by_default(self):
        digests = [
            ruleset_digest(parse_configuration(f"{WHOLE}{billing}"))
            for billing in (
                "",
                "billing: {reclose: {mode: automatic, quiet_days: 5}}\n",
                "billing: {reclose: {mode: by_hand}}\n",
                "billing: {reclose: {quiet_days: 4}}\n",
            )
        ]
        assert digests[0] == digests[1]
        assert len({*digests}) == 3

    @pytest.mark.parametrize("days", ["-1", "61", "2.5", "soon"])
    def test_waits_for_quiet_days_that_can_be_waited_for(self, days):
        with pytest.raises(BadConfiguration, match="quiet_days"):
            parse_configuration(f"{WHOLE}billing: {{reclose: {{quiet_days: {days}}}}}\n")

    def test_is_loaded_from_disk_with_its_path_in_faults(self, tmp_path):
        path = tmp_path / "trueback.yaml"
        path.write_text(WHOLE.replace("idle:", "idel:"))
        with pytest.raises(BadConfiguration, match=r"trueback\.yaml, line 22, field idel"):
            load_configuration(path)


class TestAnUnknownKey:
    @pytest.mark.parametrize(
        ("right", "wrong", "hint"),
        [
            ("currency", "curency", "currency"),
            ("aliases", "alias", "aliases"),
            ("usage_type", "usage_typ", "usage_type"),
            ("signal: nat", "signals: nat", "signal"),
            ("percent", "precent", "percent"),
            ("plan: standard", "plam: standard", "plan"),
        ],
    )
    def test_is_an_error_with_its_line_and_the_nearest_known_key(self, right, wrong, hint):
        fault = fault_of(changed(right, wrong))
        assert fault.row == line_of(wrong, changed(right, wrong))
        assert fault.exit_code == 3
        assert fault.field.endswith(wrong.split(":")[0])
        assert f"Did you mean `{hint}`?" in fault.remedy

    @pytest.mark.parametrize(
        ("right", "wrong", "remedy"),
        [
            ("pools:", "poolz:", "Did you mean `pools`?"),  # not `pool`, which a rule assigns to
            ("plans:", "plan:", "Did you mean `plans`?"),  # `plan` is a contract's
            ("{even: true}", "{even: true, pre: day}", "Remove it or correct its name."),
            ("{signal: nat_bytes}", "{signal: nat_bytes, pre: day}", "Did you mean `per`?"),
            ("percent: 12.50", "percent: 12.50, evry: year", "Remove it or correct its name."),
            ("cost: BilledCost", "cost: BilledCost\ncosts: BilledCost", "Remove it"),
        ],
    )
    def test_is_only_taken_for_a_key_that_may_stand_there(self, right, wrong, remedy):
        assert fault_of(changed(right, wrong)).remedy.startswith(remedy)


class TestABadValue:
    @pytest.mark.parametrize(
        ("right", "wrong", "message"),
        [
            ("per: period", "per: month", "'hour', 'day' or 'period'"),
            ("percent: 12.50", "percent: a lot", "decimal"),
            ("percent: 12.50", "percent: 1_2.50", "nothing between them"),
            ("percent: 12.50", "percent: '١٢'", "digits 0 to 9"),
            ("from: 2026-01-01}", "from: 2026-13-01}", "date"),
            ("acme: 0.30, globex: 1", "acme: 0, globex: 0", "sum to zero"),
            ("acme: 0.30", "acme: -1", "greater than or equal to 0"),
            ("to: 2026-11-01", "to: 2026-10-01", "before"),
            ("{pool: support}", "{pool: support, tenant: acme}", "exactly one"),
            ("tag:team", "label:team", "pattern"),
            ("drivers: [{proportional: direct}]", "drivers: []", "at least 1"),
            ("{signal: nat_bytes}", "{signal: nat_bytes, per: week}", "'hour', 'day' or 'period'"),
            ("version: 1", "version: 2", "1"),
        ],
    )
    def test_is_an_error_with_its_line(self, right, wrong, message):
        fault = fault_of(changed(right, wrong))
        assert (fault.row, fault.exit_code) == (line_of(wrong, changed(right, wrong)), 3)
        assert message in fault.message

    def test_is_named_by_its_own_key_beside_the_one_that_says_what_entry_it_is(self):
        fault = fault_of(changed("{signal: nat_bytes}", "{signal: nat_bytes, per: week}"))
        assert fault.field == "pools[1].drivers[0].per"

    def test_that_is_missing_is_named(self):
        fault = fault_of(WHOLE.replace("currency: USD\ncost", "cost", 1))
        assert fault.field == "currency"
        assert "Add `currency`" in fault.remedy

    def test_that_is_no_yaml_names_the_line(self):
        assert fault_of("version: 1\ncurrency: [USD\n").row == 3

    @pytest.mark.parametrize("text", ["version: &a [*a]\n", "version: 1\ncurrency: \x00\n"])
    def test_that_no_reader_can_hold_is_a_fault_with_its_line(self, text):
        assert fault_of(text).row == text.count("\n")

    @pytest.mark.parametrize("escape", [r"\0", r"\e", r"\x7f", r"\N", r"\t", r"\n"])
    def test_with_a_name_that_is_no_line_is_a_fault_with_its_key(self, escape):
        fault = fault_of(changed("{key: globex}", f'{{key: globex, name: "Glo{escape}bex"}}'))
        assert (fault.row, fault.field) == (6, "tenants[1].name")
        assert fault.message == "this is one line, without tabs and control characters."

    @pytest.mark.parametrize(
        ("right", "wrong"),
        [
            ("email: bills@acme.example", r'email: "bills@acme\e.example"'),
            (
                "email: bills@acme.example",
                'email: bills@acme.example\n    address: {line1: "1\\0"}',
            ),
        ],
    )
    def test_with_a_control_character_in_a_document_is_a_fault(self, right, wrong):
        assert "control character" in fault_of(changed(right, wrong)).message

    def test_may_have_a_pattern_of_any_signs(self):
        """A tag has what somebody has written into it."""
        text = changed("aliases: [acme-corp,", r'aliases: ["acme\e",')
        assert parse_configuration(text).tenants[0].aliases[0] == "acme\x1b"


class TestNames:
    @pytest.mark.parametrize(
        ("right", "wrong", "message"),
        [
            ("{key: globex}", "{key: acme}", "already stands for the tenant 'acme'"),
            ("{key: globex}", "{key: globex, aliases: [ACME-Corp]}", "already stands"),
            ('accounts: {"012345678901": acme}', 'accounts: {"1": acmee}', "'acmee'"),
            ("acme: 0.30", "initech: 0.30", "'initech'"),
            ("assign: {pool: support}", "assign: {pool: supprt}", "'supprt'"),
            ("assign: {pool: support}", "assign: {tenant: nobody}", "'nobody'"),
            ("plan: standard", "plan: gold", "'gold'"),
            ("tenants: [acme]", "tenants: [nobody]", "'nobody'"),
            ("- name: nat\n    when: {usage", "- name: support\n    when: {usage", "used twice"),
        ],
    )
    def test_that_clash_or_lead_nowhere_are_errors(self, right, wrong, message):
        fault = fault_of(changed(right, wrong))
        assert (fault.row, fault.exit_code) == (line_of(wrong, changed(right, wrong)), 3)
        assert message in fault.message

    def test_of_keys_written_twice_are_errors(self):
        fault = fault_of(WHOLE.replace("idle: overhead", "idle: overhead\nidle: reserved"))
        assert (fault.row, fault.field) == (23, "idle")
        assert "line 22" in fault.remedy

    def test_that_would_hide_a_pseudo_tenant_are_refused(self):
        assert "reserved" in fault_of(WHOLE.replace("{key: globex}", "{key: unallocated}")).message


class TestTheJsonSchema:
    def test_that_ships_is_up_to_date(self):
        assert SCHEMA_FILE.read_text() == schema_text()

    def test_refuses_unknown_keys(self):
        assert json.loads(schema_text())["additionalProperties"] is False
