"""A progress bar, and results above it: what goes to the terminal that shows the bar goes through the bar's display."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.text import Text

from diffcheck.views.layout import console_for


@dataclass(frozen=True, slots=True)
class Display:
    """`advance` is to be called when a case is done; results are written to `stream`."""

    advance: Callable[[], object]
    stream: TextIO


@contextmanager
def progress(done: int, total: int, stream: TextIO, color: str) -> Iterator[Display]:
    """A bar where a person waits: on the terminal that results go to, or on standard error where that alone is a terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield Display(lambda: None, stream)
        return
    is_shared = stream.isatty()
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console_for(stream if is_shared else sys.stderr, color), transient=True) as bar:
        task = bar.add_task("checking", total=total, completed=done)
        above = _Above(bar.console, stream) if is_shared else stream
        try:
            yield Display(lambda: bar.advance(task), above)
        finally:
            above.flush()


@contextmanager
def stages() -> Iterator[Callable[[str], object]]:
    """What is being done, where a person waits: on standard error, if it is a terminal; nothing is left of it afterwards."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda stage: None
        return
    with console_for(sys.stderr, "auto").status("") as status:
        yield lambda stage: status.update(f"{stage} …")


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.1f} cases/s" if task.speed else "")


class _Above(io.StringIO):
    """A stream whose lines appear above what the console keeps on the screen."""

    def __init__(self, console: Console, stream: TextIO) -> None:
        super().__init__()
        self._console, self._stream, self._begun = console, stream, ""

    def isatty(self) -> bool:
        return self._stream.isatty()

    def write(self, text: str) -> int:
        whole, newline, rest = text.rpartition("\n")
        if newline:
            self._console.print(_Written(self._begun + whole + newline), end="", soft_wrap=True)
            self._begun = ""
        self._begun += rest
        return len(text)

    def flush(self) -> None:
        """Lines have appeared already; one that has not ended waits for its end."""


@dataclass(frozen=True, slots=True)
class _Written:
    """Text as it is to reach the terminal, its colours included."""

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self.text)
