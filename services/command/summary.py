"""What `trueback attribute` prints when it is done."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from rich.console import Console
from rich.table import Table

from services.attribution.domain.proof import plain, side_of
from services.attribution.engine import Coverage, Run
from services.attribution.ruleset_guess.guess import Guess
from services.command.figures import money, per_cent
from services.ingestion.engine import Snapshot
from shared.findings import Finding
from shared.vocabulary.methods import Method
from shared.vocabulary.recipients import is_pooled

BRACKET = r"\["

_UNALLOCATED_SHOWN = 5
_LABELS_SHOWN = 3
METHODS: Mapping[str, str] = {
    Method.LABEL: "by label",
    Method.RULE: "by rule",
    Method.POD: "by pod",
    Method.TASK: "by task",
    Method.DEFAULT: "by default",
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


def unlabelled(run: Run) -> Decimal:
    """What nobody was found for since no source of a label has a value."""
    amounts = (each.amount for each in run.unallocated if each.reason == "no-label")
    return sum(amounts, Decimal(0))


def print_guess(guess: Guess, starter: str) -> None:
    """The label that was taken, how sure that is and why, and what else might be it."""
    console = Console(highlight=False)
    best = guess.best
    if best is None:
        console.print(
            "[yellow]guess[/] no line has a tag, so nothing says whose it is: activate the tag"
            " that names the tenant as a cost allocation tag.",
            soft_wrap=True,
        )
    for at, ranked in enumerate(guess.labels[:_LABELS_SHOWN]):
        key = ranked.use.key.replace("[", BRACKET)
        head = f"[green]guess[/] tenant = [bold]tag:{key}[/]" if at == 0 else f"  or tag:{key}"
        why = ", ".join(ranked.reasons)
        console.print(f"{head} ({ranked.certainty}): {why}", soft_wrap=True)
    pools = ", ".join(pool.service.pool for pool in guess.pools) or "none"
    console.print(f"[green]guess[/] shared services: {pools}; see {starter}", soft_wrap=True)
