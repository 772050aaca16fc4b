"""What an attack is: a function that yields its cases, known by what it would gain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.attacks.victim import Victim


@dataclass(frozen=True)
class Case:
    """One thing tried; `broken` says what it got, and is empty where the stack held."""

    name: str
    broken: str = ""


Try = Callable[[Victim], Iterator[Case]]
Prepare = Callable[[Victim], None]


def _nothing(_victim: Victim) -> None:
    pass


@dataclass(frozen=True)
class Attack:
    group: str
    gain: str
    run: Try
    prepare: Prepare = _nothing

    @property
    def name(self) -> str:
        return f"{self.group}.{self.run.__name__}"

    def cases(self, victim: Victim) -> list[Case]:
        """An attack that can't be tried has not been held."""
        cases = []
        try:
            cases += self.run(victim)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are still tried
            cases.append(Case("tried", f"it ended with {error!r}"))
        return cases or [Case("tried", "it tried nothing")]


ATTACKS: Final[list[Attack]] = []


def attack(gain: str, *, prepare: Prepare = _nothing) -> Callable[[Try], Try]:
    """`gain` is what whoever succeeds has; the group is the module.

    `prepare` is done before any attack: what the stack needs time for goes on beside the others.
    """

    def add(run: Try) -> Try:
        ATTACKS.append(Attack(run.__module__.rpartition(".")[2], gain, run, prepare))
        return run

    return add
