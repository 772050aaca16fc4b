"""What a person sees while the stack comes up and the sample is run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape


@dataclass
class Progress:
    """One line a step: `✓ what                 1.5 s`; a step that fails is crossed out."""

    console: Console
    links: list[tuple[str, str]] = field(default_factory=list)

    def title(self, text: str) -> None:
        self.console.print(f"[bold]{escape(text)}[/]", highlight=False)

    @contextmanager
    def step(self, name: str) -> Iterator["StepLine"]:
        """The line is printed when the step is done; set `.text` to say more than its name."""
        line = StepLine(name)
        started = time.monotonic()
        try:
            yield line
        except BaseException:
            self.console.print(f" [red]✗[/] {escape(line.text)}", highlight=False, soft_wrap=True)
            raise
        self.done(line.text, time.monotonic() - started)

    def done(self, text: str, seconds: float) -> None:
        padded = f"{text:<68}" if self.console.is_terminal else f"{text}  "
        self.console.print(
            f" [green]✓[/] {escape(padded)} [dim]{seconds:5.1f} s[/]",
            highlight=False,
            soft_wrap=True,
        )

    def note(self, text: str) -> None:
        self.console.print(f"   {escape(text)}", highlight=False, soft_wrap=True)

    def link(self, label: str, url: str) -> None:
        """An address to open at the end; one-time logins are shown nowhere else."""
        self.links.append((label, url))

    def show_links(self) -> None:
        for label, url in self.links:
            self.console.print(
                f" [cyan]→[/] {escape(label):<20} {escape(url)}", highlight=False, soft_wrap=True
            )


@dataclass
class StepLine:
    text: str
