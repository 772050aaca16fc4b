"""What `trueback attribute` prints when it is done."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.attribution.domain.proof import plain, side_of
from services.attribution.engine import Coverage, Run
from services.attribution.ruleset_guess.guess import Guess
from services.attribution.ruleset_guess.label_ranking import Ranked
from services.command.figures import money, per_cent
from services.ingestion.engine import Snapshot
from shared.characters import shown
from shared.findings import Finding
from shared.vocabulary.methods import Method
from shared.vocabulary.recipients import is_pooled

BRACKET = r"\["

_UNALLOCATED_SHOWN = 5
_LABELS_SHOWN = 2
_TENANTS_SHOWN = 5
METHODS: Mapping[str, str] = {
    Method.LABEL: "by label",
    Method.RULE: "by rule",
    Method.POD: "by pod",
    Method.TASK: "by task",
    Method.DEFAULT: "by default",
    Method.LATE_CORRECTION: "late corrections",
    Method.POOL_SIGNAL: "pools, by signal",
    Method.POOL_PROPORTIONAL: "pools, proportional",
    Method.POOL_EVEN: "pools, even",
    Method.POOL_WEIGHTS: "pools, by weights",
    Method.NONE: "unallocated",
}


def print_summary(run: Run, snapshot: Snapshot, findings: Sequence[Finding], out: Path) -> None:
    console = Console(highlight=False)
    console.print(_tenants(run))
    console.print(_coverage(run.coverage, run.proof.bill_total))
    if run.unallocated:
        console.print(_unallocated(run))
    for finding in (*snapshot.findings, *findings, *run.findings):
        note = f"[yellow]note[/] {finding.message.replace('[', BRACKET)}"
        console.print(note, soft_wrap=True)
    proof = run.proof
    console.print(
        f"[green]proof[/] {_lines(snapshot)}, bill {plain(proof.bill_total)} "
        f"{proof.currency} = allocated {plain(proof.attributed_total)} + overhead "
        f"{plain(proof.overhead_total)} + unallocated {plain(proof.unallocated_total)} + excluded "
        f"{plain(proof.excluded_total)}; difference [bold]{plain(proof.difference)}[/]",
        soft_wrap=True,
    )
    console.print(f"Written to {out}", soft_wrap=True)


def _lines(snapshot: Snapshot) -> str:
    """As many as the bill has, and as what is attributed, if that is another number.

    The fee of a commitment becomes two lines, and what negates Savings Plan usage may be none.
    """
    of_bill = f"{snapshot.raw_row_count:,} bill lines"
    if snapshot.row_count == snapshot.raw_row_count:
        return of_bill
    return f"{of_bill} as {snapshot.row_count:,} FOCUS lines"


def _tenants(run: Run) -> Table:
    direct: dict[str, Decimal] = defaultdict(Decimal)
    shared: dict[str, Decimal] = defaultdict(Decimal)
    for statement in run.statements:
        pooled = is_pooled(statement.charge_group)
        (shared if pooled else direct)[statement.tenant] += statement.amount
    totals = {name: direct[name] + shared[name] for name in direct.keys() | shared.keys()}
    table = Table(title=f"{run.period}, {run.proof.cost_measure} in {run.proof.currency}")
    table.add_column("tenant")
    for heading in ("direct", "shared", "total"):
        table.add_column(heading, justify="right")
    for name in sorted(totals, key=lambda name: (side_of(name) != "attributed", -totals[name])):
        style = "" if side_of(name) == "attributed" else "dim"
        amounts = (money(each) for each in (direct[name], shared[name], totals[name]))
        table.add_row(name.replace("[", r"\["), *amounts, style=style)
    return table


def _coverage(coverage: Coverage, bill: Decimal) -> Table:
    table = Table(title="how it was allocated")
    table.add_column("")
    table.add_column("amount", justify="right")
    table.add_column("share", justify="right")
    for method, amount in coverage.by_method.items():
        # Less than what is unallocated, of which pods and pools leave some as well.
        name = "by none of these" if method == Method.NONE else METHODS.get(method, method)
        table.add_row(name, money(amount), per_cent(amount, bill))
    table.add_row(
        "of pools, by a fallback", money(coverage.by_fallback), per_cent(coverage.by_fallback, bill)
    )
    return table


def _unallocated(run: Run) -> Table:
    largest = sorted(run.unallocated, key=lambda each: -abs(each.amount))[:_UNALLOCATED_SHOWN]
    table = Table(title="largest unallocated amounts")
    for heading in ("reason", "service", "account", "key", "value"):
        table.add_column(heading)
    table.add_column("amount", justify="right")
    for each in largest:
        texts = (each.reason, each.service, each.account, each.tag_key, each.tag_value)
        table.add_row(*(text.replace("[", BRACKET) for text in texts), money(each.amount))
    return table


def print_guess(guess: Guess, starter: str) -> None:
    """Whose the lines were taken for, how sure that is and why, and what else might say it."""
    console = Console(highlight=False)
    for line in _guess_lines(guess):
        console.print(line, soft_wrap=True)
    pools = ", ".join(pool.service.pool for pool in guess.pools) or "none"
    console.print(f"[green]guess[/] shared services: {pools}; see {starter}", soft_wrap=True)


def _guess_lines(guess: Guess) -> Iterator[str]:
    if guess.measure == "BilledCost":
        yield (
            "[yellow]guess[/] cost = [bold]BilledCost[/]: no line has an EffectiveCost, which is"
            " amortised"
        )
    if guess.takes_accounts:
        tenants = guess.accounts.tenants
        names = ", ".join(_plain(tenant.name) for tenant in tenants[:_TENANTS_SHOWN])
        more = ", ..." if len(tenants) > _TENANTS_SHOWN else ""
        yield (
            f"[green]guess[/] tenants = [bold]{len(tenants)} accounts by their names[/] (a guess):"
            f" {names}{more}; {_why_no_label(guess)}"
        )
    elif guess.label is None:
        yield f"[yellow]guess[/] nothing says whose the cost is: {_why_no_label(guess)}."
    else:
        yield f"[green]guess[/] tenant = [bold]{_keys(guess.label)}[/] {_why(guess.label)}"
    for other in guess.others[:_LABELS_SHOWN]:
        yield f"  {'or' if guess.label else 'there is'} {_keys(other)} {_why(other)}"


def _why_no_label(guess: Guess) -> str:
    if guess.labels:
        return "no tag names tenants on enough of the cost"
    return "no line has a tag; activate the tag that names the tenant as a cost allocation tag"


def _keys(label: Ranked) -> str:
    return ", ".join(f"tag:{_plain(key)}" for key in label.use.keys)


def _why(label: Ranked) -> str:
    certainty = f"({label.certainty})" if label.is_enough else "(too little to go by)"
    return f"{certainty}: {', '.join(label.reasons)}"


def _plain(text: str) -> str:
    return shown(text).replace("[", BRACKET)
