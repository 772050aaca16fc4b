"""What must hold before a period is closed; a failed check needs a named person's reason."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any, Final

from shared.contracts.ingestion import Loss

# More than one part in twenty of a bill that is nobody's is a hole in the ruleset, not noise.
UNALLOCATED_SHARE_MAX: Final = Decimal("0.05")


@dataclass(frozen=True)
class CheckResult:
    """`figures` are what was found, as data; `finding` is the same in words, for callers."""

    name: str
    passed: bool
    finding: str
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quarantined:
    """A refused delivery: of which source, and what ingestion wrote about it."""

    source: str
    error: str


@dataclass(frozen=True)
class Incomplete:
    """A source whose newest delivery lacks what an earlier one of the period had."""

    source: str
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class Doubled:
    """Two sources whose bills have the same charges: `shared` of `of` that were looked for."""

    sources: tuple[str, str]
    shared: int
    of: int


@dataclass(frozen=True)
class Evidence:
    """What the checks look at; shares are fractions of the bill.

    `open_at_provider` are sources whose provider says that it may still change the month.
    """

    snapshot_count: int
    difference: Decimal
    unallocated_share: Decimal
    meters_needed: frozenset[str]
    meters_present: frozenset[str]
    run_is_newest: bool
    month_is_over: bool
    quarantined: tuple[Quarantined, ...] = ()
    incomplete: tuple[Incomplete, ...] = ()
    open_at_provider: tuple[str, ...] = ()
    doubled: tuple[Doubled, ...] = ()


def close_checks(evidence: Evidence) -> list[CheckResult]:
    missing = sorted(evidence.meters_needed - evidence.meters_present)
    share = evidence.unallocated_share
    return [
        CheckResult(
            "snapshot_complete",
            evidence.snapshot_count > 0,
            f"{evidence.snapshot_count} current snapshot{'s' * (evidence.snapshot_count != 1)}",
            {"snapshots": evidence.snapshot_count},
        ),
        CheckResult(
            "proof_holds",
            evidence.difference == 0,
            f"bill minus its parts is {evidence.difference}",
            {"difference": str(evidence.difference)},
        ),
        CheckResult(
            "unallocated_within_limit",
            abs(share) <= UNALLOCATED_SHARE_MAX,
            f"{share:.2%} of the bill is unallocated, the limit is {UNALLOCATED_SHARE_MAX:.0%}",
            {"share": str(share), "limit": str(UNALLOCATED_SHARE_MAX)},
        ),
        CheckResult(
            "signals_complete",
            not missing,
            f"no signals for {', '.join(missing)}" if missing else "every meter has signals",
            {"missing_meters": missing},
        ),
        CheckResult(
            "month_is_over",
            evidence.month_is_over,
            "the month is over" if evidence.month_is_over else "the month still runs",
        ),
        *_checks_of_bills(evidence),
        CheckResult(
            "run_is_newest",
            evidence.run_is_newest,
            "the run has the newest inputs"
            if evidence.run_is_newest
            else "newer inputs wait for their run",
        ),
    ]


def _checks_of_bills(evidence: Evidence) -> list[CheckResult]:
    return [
        CheckResult(
            "no_charge_twice",
            not evidence.doubled,
            "; ".join(
                f"{' and '.join(one.sources)} bill the same: {one.shared} of {one.of} charges that"
                " were looked for"
                for one in evidence.doubled
            )
            or "no two sources bill the same",
            {"doubled": [asdict(one) for one in evidence.doubled]},
        ),
        CheckResult(
            "bill_is_final",
            not evidence.open_at_provider,
            f"the provider of {', '.join(evidence.open_at_provider)} has not closed the month"
            if evidence.open_at_provider
            else "no provider says that the month is still open",
            {"sources": list(evidence.open_at_provider)},
        ),
        CheckResult(
            "no_quarantined_file",
            not evidence.quarantined,
            "; ".join(f"{one.source}: {one.error}" for one in evidence.quarantined)
            or "no delivery is in quarantine",
            {"deliveries": [asdict(one) for one in evidence.quarantined]},
        ),
        CheckResult(
            "nothing_vanished",
            not evidence.incomplete,
            "; ".join(
                f"{one.source} lacks {', '.join(map(_loss, one.losses))}"
                for one in evidence.incomplete
            )
            or "nothing that was delivered is gone",
            {"sources": [asdict(one) for one in evidence.incomplete]},
        ),
    ]


def _loss(loss: Loss) -> str:
    names = f" ({', '.join(loss.names)})" if loss.names else ""
    return f"{loss.count} of {loss.of} {loss.kind}s{names}"


def not_overridden(results: Iterable[CheckResult], reasons: Mapping[str, str]) -> list[CheckResult]:
    return [
        result
        for result in results
        if not result.passed and not reasons.get(result.name, "").strip()
    ]


def doubled_charges(samples: Mapping[str, Collection[int]]) -> list[Doubled]:
    """Pairs of sources with a charge in both samples, which are the lowest digests of each bill.

    One is enough: a digest is of payer, account, resource, meter and hour, which are billed once.
    """
    pairs = combinations(sorted(samples), 2)
    doubled = []
    for one, other in pairs:
        shared = len(set(samples[one]) & set(samples[other]))
        if shared:
            of = min(len(samples[one]), len(samples[other]))
            doubled.append(Doubled((one, other), shared, of))
    return doubled
