"""What the API answers, as its schema shows it; amounts and shares are decimals as text."""

from datetime import datetime
from typing import Any

from typing_extensions import TypedDict


class AppliedRuleset(TypedDict):
    digest: str
    version: int


class RulesetInForce(AppliedRuleset):
    """`is_changed`: false where it was in force already."""

    is_changed: bool


class RulesetApplied(AppliedRuleset):
    applied_by: str
    applied_at: datetime
    confirmed_by: str


class CurrentRuleset(AppliedRuleset):
    content: str
    applications: list[RulesetApplied]


class KnownPeriod(TypedDict):
    period: str
    state: str
    version: int


class PeriodList(TypedDict):
    data: list[KnownPeriod]


class PeriodRun(TypedDict):
    """`activation` counts the runs of the period as each became current: of two the later one."""

    run_id: str
    version: int
    activation: int
    currency: str
    proof: dict[str, Any]
    signal_set_ids: list[str]
    workload_set_ids: list[str]
    fallback_share: str
    unallocated_share: str
    folder_uri: str
    findings: list[str]


class RulesetOfPeriod(AppliedRuleset):
    """`is_kept`: the month was closed by it, and another one that is applied leaves it as it is."""

    is_current: bool
    is_kept: bool


class Check(TypedDict):
    name: str
    passed: bool
    figures: dict[str, Any]


class Override(TypedDict):
    check: str
    reason: str
    by: str


class RevisionCause(TypedDict):
    """`code` as in shared/vocabulary; `source` is "" for rules and engine.

    `line_count`, `billed` and `effective` are what the bill corrects more than before, 0 for other
    causes. `bill_period` is the later month in whose bill it came, null for the month's own.
    """

    code: str
    source: str
    bill_period: str | None
    line_count: int
    billed: str
    effective: str


class CloseCause(TypedDict):
    """As in `revision_causes`, of the close before; amounts are 0 for all but `correction`."""

    code: str
    source: str
    bill_period: str | None
    billed: str
    effective: str


class Close(TypedDict):
    """`causes` say why it is on another run than the close before it."""

    number: int
    run_id: str
    run: PeriodRun
    causes: list[CloseCause]
    overrides: list[Override]
    closed_by: str
    closed_at: datetime


class Reclose(TypedDict):
    """When a restated month is closed by itself; null where a person closes it.

    `waits_for` are the checks that it is not closed without; `accepted` fail as they did at the
    close before, and are no worse.
    """

    due_at: datetime | None
    accepted: list[str]
    waits_for: list[str]


class PeriodStanding(KnownPeriod):
    """`run` is the current one, `closed_run` the one that invoices are made of.

    `closes` are all, in order; the fields beside it are of the newest. `revision_causes` say why
    the two runs differ, while they do. `ruleset` is what it is attributed by.
    """

    closed_by: str
    closed_at: datetime | None
    overrides: list[Override]
    closes: list[Close]
    revised_tenants: list[str]
    revision_causes: list[RevisionCause]
    ruleset: RulesetOfPeriod | None
    run: PeriodRun | None
    closed_run: PeriodRun | None
    checks: list[Check]
    reclose: Reclose | None


class StatementLine(TypedDict):
    charge_group: str
    method: str
    amount: str


class TenantStatement(TypedDict):
    tenant: str
    period: str
    run_id: str
    currency: str
    cost: str
    lines: list[StatementLine]


class Answer(TypedDict):
    """`answer` is null while a job is at it (202); `question` is what it is cancelled by."""

    answer: dict[str, Any] | None
    question: str
