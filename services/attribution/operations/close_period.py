from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from services.attribution.domain.close_checks import CheckResult, not_overridden
from services.attribution.models import Period, PeriodClose, Ruleset, Run
from services.attribution.queries.period_checks import period_checks
from services.attribution.queries.revision_causes import causes_of
from shared.contracts.attribution import (
    CLOSE_CAUSES,
    PERIOD_CLOSED,
    CloseCause,
    Override,
    PeriodClosed,
)
from shared.contracts.superseded.period_closed import written_overrides
from shared.faults import Fault
from shared.messaging.producer.emit import emit
from shared.vocabulary.period_states import PeriodState


@dataclass
class UnableToClose(Fault):
    """A check failed without a reason to go on, or there is nothing to close.

    `code` is not_attributed, attributed_anew or checks_failed; `failed` are those checks.
    """

    code: str = ""
    failed: Sequence[CheckResult] = ()


def close_period(
    *, period: str, closed_by: str, reasons: Mapping[str, str], now: datetime, run_id: str = ""
) -> Period:
    """Freeze the current run as what the period's invoices are made of; closed twice is once.

    A month that was restated since is closed again, on the run that it is restated by. `reasons`
    says per failed check why `closed_by` goes on all the same; one for a check that did not fail is
    not kept. Where `run_id` says which run the person has seen, no other is closed.
    """
    record = Period.objects.select_for_update().filter(period=period).first()
    run = Run.objects.filter(period=period, is_current=True).first()
    if record is None or run is None:
        raise UnableToClose(
            f"{period} has not been attributed.",
            remedy="Deliver its bill first.",
            code="not_attributed",
        )
    if record.closed_run is not None and record.state != PeriodState.REOPENED:
        return record
    if run_id and run_id != run.run_id:
        raise UnableToClose(
            f"{period} has been attributed anew since you looked.",
            remedy="Look at it again, then close it.",
            code="attributed_anew",
        )
    checks = period_checks(run, now=now)
    failed = not_overridden(checks, reasons)
    if failed:
        raise UnableToClose(
            "; ".join(f"{check.name}: {check.finding}" for check in failed) + ".",
            remedy="Mend it, or close with a reason for each of these checks.",
            code="checks_failed",
            failed=failed,
        )
    given = {name: Override(name, reason, closed_by) for name, reason in reasons.items()}
    keep_close(record, run, checks, given, closed_by=closed_by, now=now)
    return record


def keep_close(
    record: Period,
    run: Run,
    checks: Sequence[CheckResult],
    given: Mapping[str, Override],
    *,
    closed_by: str,
    now: datetime,
) -> None:
    """Close it, under its lock; `given` has an override of each check that failed."""
    failed = sorted((check for check in checks if not check.passed), key=lambda check: check.name)
    overrides = [given[check.name] for check in failed]
    causes = [
        CloseCause(
            cause.code,
            cause.source,
            cause.more.billed,
            cause.more.effective,
            cause.bill_period or None,
        )
        for cause in causes_of(record, run)
    ]
    record.state, record.revised_tenants = PeriodState.CLOSED, []
    record.version += 1
    record.closed_run, record.closed_by, record.closed_at = run, closed_by, now
    record.ruleset = record.ruleset or Ruleset.objects.get(digest=run.ruleset_digest)
    record.overridden_checks = [asdict(override) for override in overrides]
    record.overrides = written_overrides(overrides)
    record.save()
    close = PeriodClose.objects.create(
        period=record.period,
        number=PeriodClose.objects.filter(period=record.period).count() + 1,
        run=run,
        causes=CLOSE_CAUSES.dump_python(causes, mode="json"),
        overridden_checks=record.overridden_checks,
        figures={check.name: dict(check.figures) for check in failed},
        closed_by=closed_by,
        closed_at=now,
    )
    emit(
        PERIOD_CLOSED,
        PeriodClosed(
            period=record.period,
            version=record.version,
            run_id=run.run_id,
            run_version=run.activation,
            currency=run.currency,
            statements_uri=f"{run.folder_uri}/statements.csv",
            usage_uri=f"{run.folder_uri}/usage.csv",
            content_hash=run.content_hash,
            unallocated_share=run.unallocated_share,
            closed_by=closed_by,
            closed_at=now,
            overrides=list(overrides),
            number=close.number,
            causes=causes,
        ),
    )
