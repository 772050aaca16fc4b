"""A period from its inputs to its close, on real files in a real S3."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256

import duckdb
import pytest

from deploy.local.lake import connect
from services.attribution.models import (
    InputSet,
    Job,
    Outbox,
    Period,
    Ruleset,
    RulesetApplication,
    Run,
    Statement,
    StatementQuantity,
)
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import UnableToClose, close_period
from services.attribution.operations.record_inputs import (
    record_billing_period,
    record_quarantine,
    record_signals,
    record_snapshot,
    record_withdrawal,
    record_workloads,
)
from services.attribution.operations.record_revenue import record_revenue
from services.attribution.queries.period_checks import period_checks
from shared.auth.actors import Actor
from shared.contracts.attribution import (
    MARGIN_MEASURED,
    PERIOD_ATTRIBUTED,
    PERIOD_CLOSED,
    STATEMENT_REVISED,
    Override,
)
from shared.contracts.ingestion import (
    BILLING_PERIOD_REPORTED,
    DELIVERY_QUARANTINED,
    SET_WITHDRAWN,
    SIGNALS_PUBLISHED,
    SNAPSHOT_PUBLISHED,
    WORKLOADS_PUBLISHED,
    Loss,
)
from shared.contracts.invoicing import REVENUE_RECORDED
from shared.faults import BadConfiguration, BadInput, ProofFailed
from shared.identifiers import uuid7
from shared.isolation.scope import as_ops, as_subject
from shared.vocabulary.period_states import PeriodState
from tests.bills import focus_line, write_signals, write_workloads
from tests.normalised_bills import write_normalised
from tests.recorded import record_once
from tests.service_stack import running_servers
from tests.tokens import client_of, subject_of

NOW = datetime(2026, 11, 5, 8, 0, tzinfo=UTC)
RULESET = """
version: 1
currency: USD
tenants:
  - {key: acme, name: Acme Corp}
  - {key: globex, name: Globex}
labels:
  tenant: ["tag:customer"]
pools:
  - name: nat
    when: {usage_type: ["*NatGateway*"]}
    drivers: [{signal: nat_bytes}, {even: true}]
"""
ACME = {"tags": {"customer": "acme"}}
GLOBEX = {"tags": {"customer": "globex"}}
NAT = {"SkuMeter": "NatGateway-Bytes"}
LINES = [focus_line(cost="3", **ACME), focus_line(cost="2", **GLOBEX), focus_line(cost="1", **NAT)]


ANOTHER_DAY = {
    "ChargePeriodStart": "2026-10-05T04:00:00Z",
    "ChargePeriodEnd": "2026-10-05T05:00:00Z",
}


@pytest.fixture
def storage():
    storage = connect(running_servers())
    yield storage
    storage.close()


@pytest.fixture
def scratch(tmp_path, settings):
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(
        update={"scratch_dir": tmp_path / "scratch", "memory_limit_mb": 256}
    )


@pytest.fixture
def period(transactional_db, storage, tmp_path, scratch):
    """A ruleset, a bill and its signals, as the facts of ingestion leave them."""
    record_once(put_inputs, storage, tmp_path)
    return "2026-10"


@pytest.fixture
def attributed(transactional_db, storage, tmp_path, scratch):
    """The same with its first run."""
    record_once(put_run, storage, tmp_path)
    return "2026-10"


def put_inputs(storage, folder):
    with as_ops():
        apply_ruleset(content=RULESET, applied_by="olivia")
    announce_bill(storage, folder, LINES)
    announce_signals(
        storage,
        folder,
        "nat_bytes 2026-10-03T04:00:00Z acme 3",
        "nat_bytes 2026-10-03T04:00:00Z globex 1",
    )


def put_run(storage, folder):
    put_inputs(storage, folder)
    attribute_period(period="2026-10")


def announce_bill(storage, folder, lines, *, version=1, spoil=None, losses=(), **fields):
    bill = write_normalised(folder / uuid7().hex, lines)
    prefix = f"s3://trueback-lake/test/{uuid7().hex}"
    parts = [storage.put(part, f"{prefix}/{part.name}") for part in bill.parts]
    totals = [total.to_json() for total in bill.raw_totals]
    if spoil:
        totals[0]["effective"] = spoil
    uri = storage.write(json.dumps(totals).encode(), f"{prefix}/raw-totals.json")
    example = SNAPSHOT_PUBLISHED.dump(SNAPSHOT_PUBLISHED.example)
    fact = {
        **example,
        "snapshot_id": f"snap_{uuid7().hex}",
        "version": version,
        "part_uris": parts,
        "raw_totals_uri": uri,
        "content_hash": uuid7().hex if spoil else content_hash(lines),
        "losses": [asdict(loss) for loss in losses],
        **fields,
    }
    with as_ops():
        record_snapshot(SNAPSHOT_PUBLISHED.load(fact))


def content_hash(lines):
    return sha256("".join(sorted(map(json.dumps, lines))).encode()).hexdigest()


def announce_signals(storage, folder, *rows, version=1):
    path = write_signals(folder / f"{uuid7().hex}.csv", *rows)
    uri = storage.put(path, f"s3://trueback-lake/test/{uuid7().hex}/signals.csv")
    example = SIGNALS_PUBLISHED.dump(SIGNALS_PUBLISHED.example)
    fact = {
        **example,
        "signal_set_id": f"sig_{uuid7().hex}",
        "version": version,
        "part_uris": [uri],
        "meters": ["nat_bytes"],
        "content_hash": uuid7().hex,
    }
    with as_ops():
        record_signals(SIGNALS_PUBLISHED.load(fact))


def announce_workloads(storage, folder, *rows, version=1):
    path = write_workloads(folder / f"{uuid7().hex}.csv", rows)
    uri = storage.put(path, f"s3://trueback-lake/test/{uuid7().hex}/workloads.csv")
    fact = {
        **WORKLOADS_PUBLISHED.dump(WORKLOADS_PUBLISHED.example),
        "workload_set_id": f"wkl_{uuid7().hex}",
        "version": version,
        "part_uris": [uri],
        "content_hash": uuid7().hex,
    }
    with as_ops():
        record_workloads(WORKLOADS_PUBLISHED.load(fact))


def spoil_amounts(storage, folder, uri):
    path = storage.fetch(uri, folder / "amounts.parquet")
    with duckdb.connect() as session:
        amounts = session.read_parquet(str(path))
        spoilt = amounts.project("day, line, CAST(quanta + 1 AS DECIMAL(38,0)) AS quanta")
        spoilt.write_parquet(str(folder / "spoilt.parquet"))
    storage.put(folder / "spoilt.parquet", uri)


def current():
    with as_ops():
        return Run.objects.get(is_current=True)


def facts(contract):
    with as_ops():
        found = Outbox.objects.filter(topic=contract.name).order_by("message_id")
        return [message.payload for message in found]


class TestAttribution:
    def test_gives_each_tenant_its_statement_and_proves_the_sum(self, period):
        attribute_period(period=period)
        run = current()
        assert run.proof["bill_total"] == "6.0000000000"
        assert run.proof["difference"] == "0"
        with as_ops():
            costs = dict(Statement.objects.values_list("tenant_id", "cost"))
            shared = dict(Statement.objects.values_list("tenant_id", "shared_cost"))
        assert costs == {"acme": Decimal("3.75"), "globex": Decimal("2.25")}
        assert shared == {"acme": Decimal("0.75"), "globex": Decimal("0.25")}

    @pytest.mark.parametrize("left", ["0", "0.01"])
    def test_of_a_bill_of_which_credits_leave_nothing_is_not_closed_without_a_word(
        self, period, storage, tmp_path, left
    ):
        credit = Decimal(left) - 9006
        paid = focus_line(cost=str(credit), ChargeCategory="Credit", **ACME)
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="9000"), paid], version=2)
        attribute_period(period=period)
        assert current().unallocated_share == Decimal("9999.99999999")
        with as_ops(), pytest.raises(UnableToClose, match="unallocated_within_limit"):
            close_period(period=period, closed_by="olivia", reasons={}, now=NOW)

    def test_keeps_each_tenants_quantities(self, period):
        attribute_period(period=period)
        with as_subject(subject_of("acme")):
            assert [(row.meter, row.quantity) for row in StatementQuantity.objects.all()] == [
                ("nat_bytes", 3)
            ]

    def test_waits_without_a_job_for_the_bill(self, transactional_db, storage, tmp_path):
        with as_ops():
            apply_ruleset(content=RULESET, applied_by="olivia")
        announce_signals(storage, tmp_path, "nat_bytes 2026-10-03T04:00:00Z acme 3")
        with as_ops():
            assert Job.objects.count() == 0
        announce_bill(storage, tmp_path, LINES)
        with as_ops():
            assert Job.objects.filter(kind="attribute_period", key="2026-10").count() == 1

    def test_of_the_same_inputs_is_the_same_run(self, period):
        attribute_period(period=period)
        attribute_period(period=period)
        with as_ops():
            assert Run.objects.count() == 1
        assert len(facts(PERIOD_ATTRIBUTED)) == 2  # one fact, two consumers

    def test_of_a_restated_bill_is_a_new_run_and_the_old_one_stays(
        self, attributed, storage, tmp_path
    ):
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="4", **ACME)], version=2)
        attribute_period(period=attributed)
        with as_ops():
            runs = list(Run.objects.order_by("version").values_list("is_current", flat=True))
            assert runs == [False, True]
        assert current().proof["bill_total"] == "10.0000000000"

    def test_of_a_restated_bill_takes_what_the_current_run_left_of_days_that_did_not_change(
        self, attributed, storage, tmp_path
    ):
        prefix = f"{current().folder_uri}/prepared/"
        kept = {item.uri.removeprefix(prefix): item.uri for item in storage.list(prefix)}
        assert {name.split("-")[0] for name in kept} == {"bill", "part", "results", "usage"}
        spoil_amounts(storage, tmp_path, next(uri for uri in kept.values() if "/amounts." in uri))
        announce_bill(
            storage, tmp_path, [*LINES, focus_line(cost="4", **ACME, **ANOTHER_DAY)], version=2
        )
        with pytest.raises(ProofFailed):
            attribute_period(period=attributed)
        attribute_period(period=attributed)  # after a failed proof, all days are computed
        assert current().proof["bill_total"] == "10.0000000000"

    def test_takes_nothing_that_another_engine_left_and_says_so(
        self, attributed, storage, tmp_path, caplog
    ):
        prefix = f"{current().folder_uri}/prepared/"
        kept = [item.uri for item in storage.list(prefix)]
        spoil_amounts(storage, tmp_path, next(uri for uri in kept if "/amounts." in uri))
        with as_ops():
            Run.objects.update(engine_digest="0123456789abcdef")
        announce_bill(
            storage, tmp_path, [*LINES, focus_line(cost="4", **ACME, **ANOTHER_DAY)], version=2
        )
        attribute_period(period=attributed)
        assert current().proof["bill_total"] == "10.0000000000"
        assert "of the engine 0123456789ab, not of this one" in caplog.text

    def test_whose_proof_fails_is_kept_as_failed_and_not_current(
        self, attributed, storage, tmp_path
    ):
        proven = current().run_id
        announce_bill(storage, tmp_path, LINES, version=2, spoil="3.0000000001")
        with pytest.raises(ProofFailed):
            attribute_period(period=attributed)
        assert current().run_id == proven
        with as_ops():
            assert Run.objects.filter(state="failed").count() == 1

    def test_of_a_signal_for_an_unknown_tenant_stops_and_changes_nothing(
        self, attributed, storage, tmp_path
    ):
        proven = current().run_id
        announce_signals(storage, tmp_path, "nat_bytes 2026-10-03T04:00:00Z nobody 5", version=2)
        with pytest.raises(BadInput, match="nobody") as refused:
            attribute_period(period=attributed)
        assert refused.value.file.startswith("s3://trueback-lake/")
        assert current().run_id == proven

    def test_without_a_bill_does_nothing(self, transactional_db):
        attribute_period(period="2026-09")
        with as_ops():
            assert not Run.objects.exists()


class TestWorkloads:
    NODE = {"ResourceId": "i-0aa"}
    PODS = RULESET.replace('["tag:customer"]', '["tag:customer", "k8s.label:tenant"]')

    @pytest.fixture
    def shared_node(self, period, storage, tmp_path):
        with as_ops():
            apply_ruleset(content=self.PODS, applied_by="olivia")
        announce_bill(storage, tmp_path, [focus_line(cost="8", **self.NODE)], version=2)
        attribute_period(period=period)
        return period

    def pod(self, name, tenant, cpu):
        return {
            "cluster": "prod",
            "provider_id": "aws:///us-west-2a/i-0aa",
            "namespace": "apps",
            "pod": name,
            "start": "2026-10-03T04:00:00Z",
            "labels": {"tenant": tenant},
            "cpu_request_core_hours": cpu,
            "cpu_used_core_hours": "",
            "memory_request_gib_hours": cpu,
            "memory_used_gib_hours": "",
            "node_cpu_core_hours": "4",
            "node_memory_gib_hours": "4",
        }

    def costs(self):
        with as_ops():
            found = Statement.objects.filter(run_id=current().run_id)
            return {each.tenant_id: each.cost for each in found}

    def test_divide_a_node_among_the_tenants_of_its_pods(self, shared_node, storage, tmp_path):
        assert self.costs() == {}
        pods = self.pod("web", "acme", "1"), self.pod("api", "globex", "2")
        announce_workloads(storage, tmp_path, *pods)
        attribute_period(period=shared_node)
        assert self.costs() == {"acme": 2, "globex": 4}
        assert current().workload_set_ids[0].startswith("wkl_")

    def test_that_come_anew_are_a_new_run(self, shared_node, storage, tmp_path):
        announce_workloads(storage, tmp_path, self.pod("web", "acme", "1"))
        attribute_period(period=shared_node)
        first = current().run_id
        announce_workloads(storage, tmp_path, self.pod("web", "acme", "4"), version=2)
        attribute_period(period=shared_node)
        assert current().run_id != first
        assert self.costs() == {"acme": 8}


class TestInputs:
    def test_of_an_older_version_that_come_late_are_ignored(self, period, storage, tmp_path):
        announce_bill(storage, tmp_path, [focus_line(cost="9")], version=3)
        announce_bill(storage, tmp_path, [focus_line(cost="1")], version=2)
        with as_ops():
            assert InputSet.objects.get(kind="snapshot").version == 3

    def test_ask_for_one_run_however_many_they_are(self, period):
        with as_ops():
            assert Job.objects.filter(kind="attribute_period").count() == 1


class TestARuleset:
    def test_applied_twice_is_one(self, period):
        with as_ops():
            apply_ruleset(content=RULESET + "\n# a comment\n", applied_by="clara")
            assert Ruleset.objects.count() == 1

    def test_applied_again_says_who_did_it(self, period):
        other = RULESET.replace("nat_bytes}", "other}")
        with as_ops():
            apply_ruleset(content=other, applied_by="olivia")
            apply_ruleset(content=RULESET, applied_by="clara")
            applications = RulesetApplication.objects.order_by("pk")
            kept = [(one.ruleset.version, one.applied_by) for one in applications]
        assert kept == [(1, "olivia"), (2, "olivia"), (1, "clara")]
        history = client_of(Actor("olivia", "operator_admin")).get("/api/v1/ruleset").json()
        names = [one["applied_by"] for one in history["applications"]]
        assert names == ["clara", "olivia", "olivia"]
        assert history["version"] == 1

    def test_that_changed_attributes_every_known_period_again(self, attributed):
        with as_ops():
            Job.objects.all().delete()
            apply_ruleset(content=RULESET.replace("nat_bytes}", "other}"), applied_by="olivia")
            assert [job.key for job in Job.objects.all()] == [attributed]

    def test_that_names_what_the_month_has_not_is_noted_with_the_run(self, period):
        with as_ops():
            apply_ruleset(
                content=RULESET.replace("tag:customer", "tag:custmer"), applied_by="olivia"
            )
        attribute_period(period=period)
        (noted,) = [one for one in answer_of(period, 2)["run"]["findings"] if "custmer" in one]
        assert "`customer`" in noted

    def test_with_an_unknown_key_is_refused_with_its_line(self, period):
        with as_ops(), pytest.raises(BadConfiguration, match="line 5, field lables"):
            apply_ruleset(
                content=RULESET.replace("tenants:", "lables: {}\ntenants:").replace(
                    "\nversion", "\n\nversion", 1
                ),
                applied_by="olivia",
            )


def answer_of(period, version):
    client = client_of(Actor("olivia", "operator_admin"))
    return client.get(f"/api/v{version}/periods/{period}").json()


class TestAClose:
    def close(self, period, **reasons):
        with as_ops():
            return close_period(period=period, closed_by="olivia", reasons=reasons, now=NOW)

    def test_freezes_the_run_and_says_so_once(self, attributed):
        self.close(attributed)
        self.close(attributed)
        told = facts(PERIOD_CLOSED)
        assert len(told) == 2  # one fact, two consumers
        assert told[0]["run_id"] == current().run_id

    def test_of_what_was_never_attributed_is_refused(self, period):
        with pytest.raises(UnableToClose, match="has not been attributed"):
            self.close(period)

    def test_with_newer_inputs_waiting_needs_a_reason_with_a_name(
        self, attributed, storage, tmp_path
    ):
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="1")], version=2)
        with pytest.raises(UnableToClose, match="run_is_newest"):
            self.close(attributed)
        client = client_of(Actor("olivia", "operator_admin"))
        refused = client.post(f"/api/v2/periods/{attributed}/close", {}, "application/json").json()
        assert refused["reason"]["code"] == "checks_failed"
        failed = {"name": "run_is_newest", "passed": False, "figures": {}}
        assert failed in refused["reason"]["checks"]
        record = self.close(attributed, run_is_newest="the rest comes next month")
        assert record.state == PeriodState.CLOSED
        override = Override("run_is_newest", "the rest comes next month", "olivia")
        assert record.overridden_checks == [asdict(override)]
        assert record.overrides == ["run_is_newest: the rest comes next month (olivia)"]
        assert facts(PERIOD_CLOSED)[0]["overrides"] == [asdict(override)]
        answers = {version: answer_of(attributed, version) for version in (1, 2)}
        assert answers[1]["overrides"] == record.overrides
        assert answers[2]["overrides"] == record.overridden_checks
        assert {"passed": False, "name": "run_is_newest", "figures": {}} in answers[2]["checks"]
        with as_ops():
            Period.objects.update(overridden_checks=None)  # closed by an earlier release
        assert answer_of(attributed, 2)["overrides"] == record.overridden_checks

    def test_of_a_bill_that_lacks_what_an_earlier_one_had_needs_a_reason(
        self, period, storage, tmp_path
    ):
        lines = [*LINES, focus_line(cost="1", **ACME)]
        lost = Loss("tag_key", count=1, of=7, names=["customer"])
        announce_bill(storage, tmp_path, lines, version=2, losses=[lost])
        attribute_period(period=period)
        with pytest.raises(UnableToClose, match=r"nothing_vanished: aws lacks .*\(customer\)"):
            self.close(period)
        record = self.close(period, nothing_vanished="we moved to the tag `tenant`")
        assert [each["check"] for each in record.overridden_checks] == ["nothing_vanished"]

    def test_keeps_no_reason_for_a_check_that_did_not_fail(self, attributed):
        record = self.close(attributed, proof_holds="just in case", nothing="of the kind")
        assert record.overrides == record.overridden_checks == []

    def test_of_another_run_than_was_seen_is_refused(self, attributed):
        with as_ops():
            with pytest.raises(UnableToClose, match="attributed anew since you looked"):
                close_period(
                    period=attributed, closed_by="olivia", reasons={}, now=NOW, run_id="run_before"
                )
            seen = current().run_id
            record = close_period(
                period=attributed, closed_by="olivia", reasons={}, now=NOW, run_id=seen
            )
        assert record.closed_run_id == seen


class TestAMargin:
    def test_is_unknown_and_not_zero_until_revenue_is_known(self, attributed):
        told = {fact["tenant"]: fact for fact in facts(MARGIN_MEASURED)}
        assert told["acme"]["revenue"] is None
        assert told["acme"]["revenue_basis"] == "unknown"
        assert told["acme"]["cost"] == "3.7500000000"

    def test_adds_the_entries_up_and_says_what_it_rests_on(self, attributed):
        for amount, basis in (("5.00", "draft"), ("-5.00", "draft"), ("5.50", "issued")):
            example = REVENUE_RECORDED.dump(REVENUE_RECORDED.example)
            fact = REVENUE_RECORDED.load({**example, "amount": amount, "basis": basis})
            with as_subject(subject_of("acme")):
                record_revenue(fact)
        last = facts(MARGIN_MEASURED)[-1]
        assert (last["revenue"], last["revenue_basis"]) == ("5.5000000000", "issued")

    def test_is_unknown_where_something_was_earned_in_another_currency(self, attributed):
        for currency in ("USD", "EUR"):
            example = REVENUE_RECORDED.dump(REVENUE_RECORDED.example)
            entry = {"currency": currency, "entry_id": currency, "basis": "issued"}
            with as_subject(subject_of("acme")):
                record_revenue(REVENUE_RECORDED.load({**example, **entry}))
        last = facts(MARGIN_MEASURED)[-1]
        assert (last["currency"], last["revenue"], last["revenue_basis"]) == (
            *("USD", None),
            "unknown",
        )


class TestWhatARunEmits:
    def test_days_sum_to_the_groups_of_each_tenant(self, attributed):
        told = {fact["tenant"]: fact for fact in facts(MARGIN_MEASURED)}["acme"]
        by_group = {line["charge_group"]: Decimal(line["amount"]) for line in told["lines"]}
        sums = {group: sum(map(Decimal, days)) for group, days in told["daily"].items()}
        assert sums == by_group
        assert {len(days) for days in told["daily"].values()} == {31}

    def test_a_pool_is_its_tenants_parts_and_what_nobody_used(self, attributed):
        [pool] = facts(PERIOD_ATTRIBUTED)[0]["pools"]
        margins = {fact["tenant"]: fact for fact in facts(MARGIN_MEASURED)}
        parts = [
            Decimal(line["amount"])
            for fact in margins.values()
            for line in fact["lines"]
            if line["charge_group"] == "pool:nat"
        ]
        assert sum(parts) == Decimal(pool["cost"]) == Decimal(1)
        assert pool["drivers"] == ["signal:nat_bytes", "fallback:even"]
        assert pool["meter"] == "nat_bytes"
        assert (pool["hours"], pool["hours_with_signal"]) == (1, 1)

    def test_hours_without_a_signal_are_those_of_the_fallback(self, period, storage, tmp_path):
        later = {**NAT, "ChargePeriodStart": "2026-10-03T07:00:00Z"}
        later["ChargePeriodEnd"] = "2026-10-03T08:00:00Z"
        announce_bill(storage, tmp_path, [*LINES, focus_line(cost="3", **later)], version=2)
        attribute_period(period=period)
        [pool] = facts(PERIOD_ATTRIBUTED)[0]["pools"]
        assert (pool["hours"], pool["hours_with_signal"]) == (2, 1)
        assert Decimal(pool["fallback_cost"]) == Decimal(3)


class TestABillThatIsWithdrawn:
    def withdraw(self, source, version, kind="bill"):
        example = SET_WITHDRAWN.dump(SET_WITHDRAWN.example)
        fact = {**example, "source": source, "version": version, "kind": kind}
        with as_ops():
            record_withdrawal(SET_WITHDRAWN.load(fact))

    def costs(self):
        statements = Statement.objects.filter(run_id=current().run_id)
        with as_ops():
            return {str(one.tenant_id): one.cost for one in statements}

    def twice(self, storage, folder):
        lines = [focus_line(cost="3", ResourceId="i-1", **ACME)]
        announce_bill(storage, folder, lines, source="copy", charges=[5, 7])
        announce_bill(storage, folder, LINES, version=2, charges=[7, 9])

    def test_by_two_sources_is_closed_for_a_reason_alone(self, period, storage, tmp_path):
        self.twice(storage, tmp_path)
        attribute_period(period=period)
        with as_ops(), pytest.raises(UnableToClose, match="aws and copy bill the same: 1 of 2"):
            close_period(period=period, closed_by="olivia", reasons={}, now=NOW)

    def test_is_as_if_it_had_never_come(self, attributed, storage, tmp_path):
        before, costs = current(), self.costs()
        self.twice(storage, tmp_path)
        attribute_period(period=attributed)
        assert self.costs() != costs
        self.withdraw("copy", 2)
        with as_ops():
            assert Job.objects.filter(kind="attribute_period", key=attributed).exists()
        attribute_period(period=attributed)
        assert (self.costs(), current().run_id) == (costs, before.run_id)
        with as_ops():
            close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)

    def test_is_no_news_where_it_comes_late(self, period, storage, tmp_path):
        self.withdraw("copy", 2)
        announce_bill(storage, tmp_path, LINES, source="copy", version=1)
        with as_ops():
            assert not InputSet.objects.filter(source="copy").exists()
        announce_bill(storage, tmp_path, LINES, source="copy", version=3)
        self.withdraw("copy", 2)
        with as_ops():
            assert InputSet.objects.get(source="copy").version == 3

    def test_of_a_kind_that_is_not_known_takes_nothing_away(self, period):
        self.withdraw("aws", 9, kind="comets")
        with as_ops():
            assert InputSet.objects.filter(source="aws").exists()

    def test_settles_what_of_it_was_refused(self, attributed):
        refused = {**DELIVERY_QUARANTINED.dump(DELIVERY_QUARANTINED.example), "source": "copy"}
        with as_ops():
            record_quarantine(DELIVERY_QUARANTINED.load(refused))
            checks = period_checks(Run.objects.get(is_current=True), now=NOW)
        assert "no_quarantined_file" in {check.name for check in checks if not check.passed}
        self.withdraw("copy", 2)
        with as_ops():
            checks = period_checks(Run.objects.get(is_current=True), now=NOW)
        assert "no_quarantined_file" not in {check.name for check in checks if not check.passed}

    def test_signals_without_which_the_pool_goes_by_its_next_driver(self, attributed):
        self.withdraw("usage", 2, kind="signals")
        attribute_period(period=attributed)
        assert current().signal_set_ids == []


class TestAMonthThatItsProviderHasNotClosed:
    def report(self, status, version, source="aws", period="2026-10"):
        example = BILLING_PERIOD_REPORTED.dump(BILLING_PERIOD_REPORTED.example)
        fact = {**example, "status": status, "version": version, "source": source}
        with as_ops():
            record_billing_period(BILLING_PERIOD_REPORTED.load({**fact, "period": period}))

    def check(self, period):
        with as_ops():
            checks = period_checks(Run.objects.get(is_current=True), now=NOW)
        return next(check for check in checks if check.name == "bill_is_final")

    def test_is_closed_for_a_reason_alone(self, attributed):
        self.report("open", 1)
        with as_ops(), pytest.raises(UnableToClose, match="the provider of aws has not closed"):
            close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)
        reasons = {"bill_is_final": "the invoice is out"}
        with as_ops():
            record = close_period(period=attributed, closed_by="olivia", reasons=reasons, now=NOW)
        assert [each["check"] for each in record.overridden_checks] == ["bill_is_final"]

    def test_is_as_the_newest_report_has_it(self, attributed):
        assert self.check(attributed).passed
        self.report("open", 2)
        self.report("closed", 1)
        assert not self.check(attributed).passed
        self.report("closed", 3)
        assert self.check(attributed).passed
        self.report("unknown", 4)
        assert self.check(attributed).passed

    def test_counts_for_bills_that_are_there_alone(self, attributed):
        self.report("open", 1, source="azure")
        self.report("open", 1, period="2026-11")
        assert self.check(attributed).passed


class TestARestatementAfterTheClose:
    @pytest.fixture
    def closed(self, attributed):
        with as_ops():
            close_period(period=attributed, closed_by="olivia", reasons={}, now=NOW)
        return attributed

    def restate(self, storage, folder, *lines, version=2, corrected=None):
        lines = [*LINES, *lines]
        announce_bill(storage, folder, lines, version=version, corrected=corrected)
        attribute_period(period="2026-10")

    def revisions(self):
        found = facts(STATEMENT_REVISED)
        return {(fact["tenant"], fact["version"]): fact for fact in found}

    def test_revises_the_tenants_that_changed_and_no_other(self, closed, storage, tmp_path):
        self.restate(storage, tmp_path, focus_line(cost="4", **ACME))
        ((tenant, _),) = self.revisions()
        fact = self.revisions()["acme", 2]
        assert tenant == "acme"
        assert Decimal(fact["cost_before"]) == Decimal("3.75")
        assert Decimal(fact["cost_after"]) == Decimal("7.75")
        with as_ops():
            assert Period.objects.get().state == PeriodState.REOPENED

    def test_keeps_what_was_closed(self, closed, storage, tmp_path):
        with as_ops():
            before = Period.objects.get().closed_run_id
            costs = dict(Statement.objects.filter(run_id=before).values_list("tenant_id", "cost"))
        self.restate(storage, tmp_path, focus_line(cost="4", **ACME))
        with as_ops():
            assert Period.objects.get().closed_run_id == before
            after = Statement.objects.filter(run_id=before).values_list("tenant_id", "cost")
            assert dict(after) == costs

    def test_is_told_beside_the_run_that_was_closed(self, closed, storage, tmp_path):
        client = client_of(Actor("olivia", "operator_viewer"))
        before = client.get("/api/v1/periods/2026-10").json()
        self.restate(storage, tmp_path, focus_line(cost="4", **ACME))
        after = client.get("/api/v1/periods/2026-10").json()
        assert before["revised_tenants"] == []
        assert after["revised_tenants"] == ["acme"]
        assert before["revision_causes"] == []
        [cause] = after["revision_causes"]
        assert (cause["code"], cause["source"], cause["line_count"]) == ("bill", "aws", 0)
        assert before["run"] == before["closed_run"] == after["closed_run"] != after["run"]
        assert after["run"]["proof"]["bill_total"] == "10.0000000000"

    def test_by_corrections_says_how_many_and_how_much(self, closed, storage, tmp_path):
        more = focus_line(cost="-2", ChargeClass="Correction", **ACME)
        corrected = {"line_count": 1, "billed": "-2", "effective": "-2"}
        self.restate(storage, tmp_path, more, corrected=corrected)
        client = client_of(Actor("olivia", "operator_viewer"))
        [cause] = client.get("/api/v2/periods/2026-10").json()["revision_causes"]
        assert (cause["code"], cause["source"]) == ("correction", "aws")
        assert (cause["line_count"], Decimal(cause["billed"])) == (1, Decimal(-2))

    def test_that_is_taken_back_is_told_too(self, closed, storage, tmp_path):
        self.restate(storage, tmp_path, focus_line(cost="4", **ACME))
        self.restate(storage, tmp_path, version=3)
        fact = self.revisions()["acme", 3]
        assert fact["cost_after"] == fact["cost_before"]
        with as_ops():
            assert Period.objects.get().state == PeriodState.CLOSED
            assert Run.objects.filter(state="proven").count() == 2

    def test_by_a_credit_takes_cost_off(self, closed, storage, tmp_path):
        self.restate(storage, tmp_path, focus_line(cost="-2", **GLOBEX))
        fact = self.revisions()["globex", 2]
        assert Decimal(fact["cost_after"]) == Decimal("0.25")

    def test_that_moves_cost_within_a_tenant_is_one_too(self, closed, storage, tmp_path):
        lines = [focus_line(cost="3", ServiceCategory="Storage", **ACME), *LINES[1:]]
        announce_bill(storage, tmp_path, lines, version=2)
        attribute_period(period="2026-10")
        [fact] = self.revisions().values()
        assert (fact["tenant"], fact["is_changed"]) == ("acme", True)
        assert fact["cost_after"] == fact["cost_before"]
        with as_ops():
            assert Period.objects.get().state == PeriodState.REOPENED

    def test_of_a_metered_quantity_alone_is_one_too(self, closed, storage, tmp_path):
        rows = ("nat_bytes 2026-10-03T04:00:00Z acme 6", "nat_bytes 2026-10-03T04:00:00Z globex 2")
        announce_signals(storage, tmp_path, *rows, version=2)
        attribute_period(period="2026-10")
        assert {fact["is_changed"] for fact in self.revisions().values()} == {True}
        with as_ops():
            assert Period.objects.get().revised_tenants == ["acme", "globex"]
