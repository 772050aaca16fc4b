"""An explanation for reading: what, how much, by which rule, and the largest parts of it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from rich.console import Console
from rich.markup import escape

from services.attribution.domain.evidence import Explanation, LineEvidence, Part
from services.attribution.domain.evidence_rows import lines_of, shares
from services.command.figures import money, per_cent, short_fraction
from services.command.summary import METHODS
from shared.money import from_quanta

_SHOWN = 3
_FINE = 4
"""Decimals of single parts, which are often less than a cent."""
_REASONS = {
    "no-label": "no tag {key} says whose they are",
    "unknown-value": "{value!r}, as {key} says, is no known tenant",
    "unknown-node": "the workloads don't know the node (cluster {value})",
    "no-consumer": "no driver of {key} had a consumer in that time",
    "unmetered": "used by no active tenant, by the signals of {key}",
}


def print_explanation(explanation: Explanation) -> None:
    console = Console(highlight=False, soft_wrap=True)
    asked = explanation.selection
    amount = f"[bold]{_money(explanation.quanta)} {explanation.currency}[/]"
    narrowed = (asked.charge_group, asked.method, asked.service, asked.account, asked.rule)
    what = ", ".join(text for text in (*narrowed, str(asked.day or "")) if text)
    tenant = f"[bold]{escape(asked.tenant)}[/]{escape(f' ({what})' if what else '')}"
    console.print(f"{tenant} in {explanation.period}: {amount} of {explanation.cost_measure}")
    shown = _SHOWN if len(explanation.lines) <= _SHOWN else 1
    for line in sorted(explanation.lines, key=lambda line: -abs(line.quanta)):
        console.print()
        console.print(_headline(line))
        for group in _groups(line, shown):
            for text in group.sentences():
                console.print(f"  {text}")
    made_of = explanation.provenance
    console.print(f"\n[dim]{made_of.run_id}, ruleset {made_of.ruleset}[/]")
    console.print(
        "[dim]Recomputed from this evidence alone: the same in all ten decimals that costs are"
        " kept to.[/]"
    )


def _headline(line: LineEvidence) -> str:
    method = METHODS.get(line.method, line.method)
    return f"[green]{escape(line.charge_group)}[/], {method}: [bold]{_money(line.quanta)}[/]"


def _groups(line: LineEvidence, shown: int) -> Iterator["_Group"]:
    """Parts that came by the same rule and driver, the largest group first."""
    alike: defaultdict[tuple[str, ...], list[Part]] = defaultdict(list)
    for part in line.parts:
        alike[part.rule, part.driver, part.reason, part.tag_key, part.tag_value].append(part)
    groups = [_Group(tuple(parts), shown) for parts in alike.values()]
    yield from sorted(groups, key=lambda group: -abs(group.quanta))


@dataclass(frozen=True)
class _Group:
    parts: tuple[Part, ...]
    shown: int

    @property
    def quanta(self) -> int:
        return sum(part.quanta for part in self.parts)

    def sentences(self) -> Iterator[str]:
        lines = lines_of(*(part.evidence for part in self.parts))
        cost = f"{_money(lines.quanta)} on {_count(lines.count, 'bill line')}"
        if any(shares(self.parts[0].evidence)):
            yield f"{self._why()}: {self._share(lines.quanta)} of {cost}"
            yield from self._use()
        else:
            yield f"{self._why()}: {cost}"
        yield from self._largest()

    def _why(self) -> str:
        first = self.parts[0]
        if first.reason:
            sentence = _REASONS.get(first.reason, first.reason)
            return escape(sentence.format(key=first.tag_key, value=first.tag_value))
        rule = f"rule [cyan]{escape(first.rule)}[/]"
        return f"{rule}, driver [cyan]{escape(first.driver)}[/]" if first.driver else rule

    def _share(self, whole: int) -> str:
        amount = from_quanta(self.quanta)
        return per_cent(amount, from_quanta(whole)) or money(amount)

    def _use(self) -> Iterator[str]:
        """What the signals say of the tenant, summed over all times, per meter."""
        counts: defaultdict[str, int] = defaultdict(int)
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for part in self.parts:
            for signals in next(shares(part.evidence)).signals:
                name = f"{signals.meter} {signals.unit}".rstrip()
                counts[name] += signals.count
                sums[name] += signals.quantity
        for name, quantity in sums.items():
            text = f"{quantity.normalize():,f} {name} in {_count(counts[name], 'signal')}"
            yield f"  its use: {escape(text)}"

    def _largest(self) -> Iterator[str]:
        largest = sorted(self.parts, key=lambda part: -abs(part.quanta))[: self.shown]
        for part in largest:
            yield f"  {_of_part(part)}"
        left = len(self.parts) - len(largest)
        if left > 0:
            yield f"  [dim]and {_count(left, 'part')} more; --format csv has all[/]"


def _of_part(part: Part) -> str:
    lines = lines_of(part.evidence)
    what = " ".join(
        text
        for text in (part.service, part.region, part.place, part.pods, part.charge_category)
        if text
    )
    named = ", ".join(line.line for line in lines.largest[:_SHOWN])
    more = ", …" if lines.count > _SHOWN else ""
    cost = money(from_quanta(lines.quanta), _FINE)
    got = money(from_quanta(part.quanta), _FINE)
    taken = list(shares(part.evidence))
    steps = [f"{short_fraction(step.fraction)} ({step.by})" for step in taken[:0:-1]]
    steps += [short_fraction(step.fraction) for step in taken[:1]]
    sum_ = f"{' x '.join([cost, *steps])} = {got}" if steps else cost
    return f"{_when(part)}{escape(f'{what}: {sum_}')} [dim](lines {named}{more})[/]"


def _when(part: Part) -> str:
    if part.start is not None and part.start.date() == part.day:
        return f"{part.start:%Y-%m-%d %H:%M} "
    return f"{part.day} " if part.day else ""


def _money(quanta: int) -> str:
    return money(from_quanta(quanta))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
