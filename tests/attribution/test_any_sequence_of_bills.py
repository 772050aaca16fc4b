"""Whatever bills come in whatever order, all recipients together are all bills (true-up, I18)."""

import itertools
from collections import defaultdict
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st

from services.attribution.models import Job, Period, Run
from services.attribution.operations.apply_ruleset import apply_ruleset
from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.close_period import close_period
from shared.csv_files import read_rows
from shared.isolation.scope import as_ops
from shared.vocabulary.period_states import PeriodState
from tests.attribution.test_earlier_months import line
from tests.attribution.test_period import NOW, announce_bill, scratch, storage
from tests.examples import examples
from tests.service_stack import empty_tables

__all__ = ["scratch", "storage"]
MONTHS = ["2026-09", "2026-10", "2026-11"]
# What is unallocated is drawn, and the same line may be drawn twice.
CHECKS = ("unallocated_within_limit", "month_is_over", "no_charge_twice")
RULESET = """
version: 1
currency: USD
tenants: [{key: acme}, {key: globex}]
labels: {tenant: ["tag:customer"]}
"""
deliveries = st.lists(
    st.tuples(
        st.sampled_from(MONTHS),
        st.lists(
            st.tuples(
                st.sampled_from(MONTHS), st.integers(-500, 500), st.sampled_from(["acme", ""])
            ),
            max_size=3,
        ),
        st.sampled_from(["waits", "is attributed", "is closed"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=6,
)


def written(month, drawn):
    """One line of the month itself, and those drawn: of it, or of a month before."""
    yield line(month, cost="1", tags={"customer": "globex"})
    for at, (charged, cents, customer) in enumerate(drawn):
        yield line(
            month,
            cost=f"{Decimal(cents) / 100}",
            tags={"customer": customer},
            ChargePeriodStart=f"{min(charged, month)}-0{at + 4}T04:00:00Z",
            ChargePeriodEnd=f"{min(charged, month)}-0{at + 4}T05:00:00Z",
        )


def deliver(storage, folder, month, lines, version):
    months = {each["ChargePeriodStart"][:7] for each in lines}
    announce_bill(
        storage,
        folder,
        lines,
        period=month,
        version=version,
        earlier_months=sorted(each for each in months if each < month),
    )


def given_out(storage):
    """By month what the current run gave to all recipients, as its file in the lake says."""
    with as_ops():
        runs = list(Run.objects.filter(is_current=True))
    texts = {run.period: storage.read(f"{run.folder_uri}/statements.csv").decode() for run in runs}
    return {
        month: sum((Decimal(row["amount"]) for row in read_rows(text)), Decimal(0))
        for month, text in texts.items()
    }, sum((Decimal(run.proof["bill_total"]) for run in runs), Decimal(0))


def work_off(storage, *, newest_first):
    """All jobs that wait, in turn: after none of them a line counts twice or nowhere."""
    while True:
        with as_ops():
            job = Job.objects.order_by("-key" if newest_first else "key").first()
            if job is None:
                return
            period = job.key
            job.delete()
        attribute_period(period=period)
        months, bills = given_out(storage)
        assert sum(months.values()) == bills


def close(month):
    with as_ops():
        record = Period.objects.get(period=month)
        if record.state != PeriodState.CLOSED:
            close_period(
                period=month, closed_by="olivia", reasons=dict.fromkeys(CHECKS, "a test"), now=NOW
            )


def expected(bills):
    """By month; written once more, of the lines alone."""
    sums = defaultdict(Decimal)
    for month, lines in bills.items():
        for each in lines:
            charged = each["ChargePeriodStart"][:7]
            sums[charged if charged in bills else month] += Decimal(each["EffectiveCost"])
    return dict(sums)


@examples(
    1 / 30,
    phases=[Phase.explicit, Phase.generate],  # an example takes seconds: not made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deliveries)
def test_gives_each_line_to_one_month(transactional_db, storage, scratch, tmp_path, drawn):
    empty_tables()
    with as_ops():
        apply_ruleset(content=RULESET, applied_by="olivia")
    bills, versions = {}, itertools.count(1)
    for month, lines, then, newest_first in [*drawn, (MONTHS[0], [], "is attributed", True)]:
        bills[month] = list(written(month, lines))
        deliver(storage, tmp_path, month, bills[month], next(versions))
        if then == "waits":
            continue
        work_off(storage, newest_first=newest_first)
        months, _ = given_out(storage)
        assert months == expected(bills)
        if then == "is closed":
            close(month)
