"""What follows from a run is done for all tenants at once: its locks and statements don't grow."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from services.attribution.models import (
    Outbox,
    Period,
    RevenueEntry,
    Run,
    Statement,
    StatementLine,
    Tenant,
)
from services.attribution.operations.activate_run import activate_run
from shared.contracts.attribution import MARGIN_MEASURED, STATEMENT_REVISED
from shared.isolation.scope import as_ops

PERIOD = "2026-10"
PROOF = dict.fromkeys(
    (
        "bill_total",
        "attributed_total",
        "overhead_total",
        "unallocated_total",
        "excluded_total",
        "difference",
    ),
    "0",
)


def proven(run_id, tenants, cost):
    """A run with a statement of one line for each tenant, t0 and so on."""
    run = Run.objects.create(
        run_id=run_id,
        period=PERIOD,
        version=Run.objects.count() + 1,
        state="proven",
        input_digest=run_id,
        ruleset_digest="r",
        snapshot_ids=[],
        signal_set_ids=[],
        cost_measure="EffectiveCost",
        currency="USD",
        proof=PROOF,
        pools=[],
        unallocated_share=0,
        fallback_share=0,
    )
    for number in range(tenants):
        statement = Statement.objects.create(
            statement_id=f"{run_id}_{number}",
            tenant_id=f"t{number}",
            period=PERIOD,
            run_id=run_id,
            currency="USD",
            cost=Decimal(cost),
            direct_cost=Decimal(cost),
            shared_cost=0,
        )
        StatementLine.objects.create(
            tenant_id=f"t{number}",
            statement=statement,
            charge_group="Compute",
            method="label",
            amount=Decimal(cost),
        )
    return run


def advisory_locks():
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"
        )
        return cursor.fetchone()[0]


@pytest.fixture
def closed(as_staff):
    """A month that was closed on a run; the next one restates every tenant."""
    Tenant.objects.bulk_create(Tenant(tenant_id=f"t{n}", name=f"T {n}") for n in range(60))
    first = proven("run_1", 60, "1")
    activate_run(first)
    Period.objects.update_or_create(
        period=PERIOD, defaults={"state": "closed", "closed_run": first, "version": 2}
    )
    return first


class TestWhatFollowsFromARun:
    def test_takes_one_lock_for_all_tenants(self, closed):
        before = advisory_locks()
        activate_run(proven("run_2", 60, "2"))
        assert advisory_locks() - before <= 1

    def test_takes_as_many_statements_for_sixty_tenants_as_for_three(self, closed):
        counts = []
        for tenants in (3, 60):
            run = proven(f"run_of_{tenants}", tenants, "3")
            with CaptureQueriesContext(connection) as queries:
                activate_run(run)
            counts.append(len(queries))
        # Of the first run 57 tenants are gone, which is one query of no rows more or less.
        assert abs(counts[1] - counts[0]) <= 2

    def test_names_every_tenant_once_with_what_it_earned(self, closed):
        RevenueEntry.objects.create(
            entry_id="e",
            tenant_id="left",
            period=PERIOD,
            currency="USD",
            amount=Decimal(5),
            basis="issued",
            invoice_id="inv_1",
            recorded_at="2026-11-05T08:00:00Z",
        )
        Outbox.objects.all().delete()
        activate_run(proven("run_2", 60, "2"))
        margins = Outbox.objects.filter(topic=MARGIN_MEASURED.name)
        by_tenant = {margin.payload["tenant"]: margin.payload for margin in margins}
        assert len(margins) == len(by_tenant) == 61
        assert by_tenant["t7"]["lines"] == [
            {"charge_group": "Compute", "method": "label", "amount": "2.0000000000"}
        ]
        assert (by_tenant["left"]["revenue"], by_tenant["left"]["cost"]) == ("5.0000000000", "0")
        revised = Outbox.objects.filter(topic=STATEMENT_REVISED.name, dest="portal")
        assert revised.count() == 60
        with as_ops():
            assert revised.get(payload__tenant="t7").payload["cost_before"] == "1.0000000000"
