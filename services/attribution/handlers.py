"""What arrives from queues and clocks; each line is one call of an operation."""

from collections.abc import Callable, Mapping
from typing import Any

from services.attribution.operations.attribute_period import attribute_period
from services.attribution.operations.explain_amount import explain_amount
from services.attribution.operations.export_focus import export_focus
from services.attribution.operations.reclose_periods import reclose_periods
from services.attribution.operations.record_inputs import (
    record_billing_period,
    record_quarantine,
    record_signals,
    record_snapshot,
    record_withdrawal,
    record_workloads,
)
from services.attribution.operations.record_revenue import record_revenue
from services.attribution.operations.remind_periods import remind_periods
from services.attribution.operations.replay_run import replay_run
from services.attribution.operations.try_ruleset import try_ruleset
from shared.contracts.ingestion import (
    BILLING_PERIOD_REPORTED,
    DELIVERY_QUARANTINED,
    SET_WITHDRAWN,
    SIGNALS_PUBLISHED,
    SNAPSHOT_PUBLISHED,
    WORKLOADS_PUBLISHED,
)
from shared.contracts.invoicing import REVENUE_RECORDED
from shared.jobs.work import JobHandler

HANDLERS: Mapping[str, Callable[[Any], None]] = {
    SNAPSHOT_PUBLISHED.name: record_snapshot,
    SIGNALS_PUBLISHED.name: record_signals,
    WORKLOADS_PUBLISHED.name: record_workloads,
    DELIVERY_QUARANTINED.name: record_quarantine,
    BILLING_PERIOD_REPORTED.name: record_billing_period,
    SET_WITHDRAWN.name: record_withdrawal,
    REVENUE_RECORDED.name: record_revenue,
}

SCHEDULE: Mapping[str, Callable[[], None]] = {
    "attribute": remind_periods,
    "close again": reclose_periods,
}

JOBS: Mapping[str, JobHandler] = {
    "attribute_period": lambda payload: attribute_period(**payload),
    "explain_amount": lambda payload: explain_amount(**payload),
    "export_focus": lambda payload: export_focus(**payload),
    "replay_run": lambda payload: replay_run(**payload),
    "try_ruleset": lambda payload: try_ruleset(**payload),
}
