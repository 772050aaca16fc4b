"""What a person sees while the stack comes up and the sample is run."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Final

from rich.console import Console
from rich.markup import escape

from deploy.local.state import Listener

# Before a line says what is waited for: no step takes as long on a machine that does nothing else.
_QUIET_SECONDS: Final = 60
# How often a step that says nothing of itself is looked at.
_LOOK_SECONDS: Final = 5


@dataclass
class Progress:
    """One line a step: `✓ what                 1.5 s`; a step that fails is crossed out.

    One that says nothing for a while gets a line with what it did last: on a slow machine writing
    one file may take minutes.
    """

    console: Console
    links: list[tuple[str, str]] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic
    look_seconds: float = _LOOK_SECONDS
    _printed_at: float = field(init=False)
    _doing: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self._printed_at = self.clock()

    def title(self, text: str) -> None:
        self._print(f"[bold]{escape(text)}[/]")

    @contextmanager
    def step(self, name: str) -> Iterator["StepLine"]:
        """The line is printed when the step is done; set `.text` to say more than its name."""
        line = StepLine(name)
        started = time.monotonic()
        with self._heartbeat(name):
            try:
                yield line
            except BaseException:
                self._print(f" [red]✗[/] {escape(line.text)}")
                raise
        self.done(line.text, time.monotonic() - started)

    @contextmanager
    def _heartbeat(self, name: str) -> Iterator[None]:
        """While it lasts, a line each time that there was none for a while."""
        self._doing = name
        is_done = Event()

        def look() -> None:
            while not is_done.wait(self.look_seconds):
                if self._is_quiet():
                    self.note(f"still at it: {self._doing}")

        thread = Thread(target=look, name=f"progress of {name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            is_done.set()
            thread.join()

    def _is_quiet(self) -> bool:
        return self.clock() - self._printed_at >= _QUIET_SECONDS

    def done(self, text: str, seconds: float) -> None:
        padded = f"{text:<68}" if self.console.is_terminal else f"{text}  "
        self._print(f" [green]✓[/] {escape(padded)} [dim]{seconds:5.1f} s[/]")

    def note(self, text: str) -> None:
        self._print(f"   {escape(text)}")

    def now(self, text: str) -> None:
        """What is done or waited for at this moment: a line, where there was none for a while."""
        self._doing = text
        if self._is_quiet():
            self.note(text)

    def listener(self, *, on_trouble: Callable[[str], None] | None = None) -> Listener:
        """To a stack that starts; without `on_trouble` who does not come up gets a line."""
        return Listener(
            on_step=lambda step: self.done(step.name, step.seconds),
            on_wait=self.now,
            on_trouble=on_trouble or self._note_trouble,
        )

    def _note_trouble(self, trouble: str) -> None:
        self.note(trouble)
        self.note(
            "It is waited for all the same, and nothing else is stopped. Ctrl-C stops it all."
        )

    def link(self, label: str, url: str) -> None:
        """An address to open at the end; one-time logins are shown nowhere else."""
        self.links.append((label, url))

    def show_links(self) -> None:
        for label, url in self.links:
            self._print(f" [cyan]→[/] {escape(label):<20} {escape(url)}")

    def _print(self, line: str) -> None:
        self._printed_at = self.clock()
        self.console.print(line, highlight=False, soft_wrap=True)


@dataclass
class StepLine:
    text: str
