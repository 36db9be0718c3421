"""A JAX function and its points, from what the command line says."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING

from diffcheck.cli.arguments import Dtype
from diffcheck.cli.intervals import ends, require_no_points
from diffcheck.errors import InputError
from diffcheck.processes.forked import UNWATCHED, Watch

if TYPE_CHECKING:
    from diffcheck.checks.at_once import Plan
    from diffcheck.checks.calling import BoundCall
    from diffcheck.checks.entries import Jacobian
    from diffcheck.checks.function import FunctionCheck
    from diffcheck.checks.orders import Orders
    from diffcheck.results import Findings, Header, IntervalReport

    Artist = Callable[[Header, Sequence[Jacobian]], object]


@dataclass(frozen=True, slots=True)
class FunctionPoints:
    """Where to check, as the options say."""

    at: list[str]
    file: Path | None
    random: int
    seed: int
    domain: list[str]
    shape: list[str]

    @property
    def names(self) -> Sequence[str]:
        """What the arguments are called, for functions that do not say."""
        from diffcheck.checks.arguments import names_in
        from diffcheck.checks.loading import is_reference

        if not self.at:
            return [part.partition("=")[0] for part in self.shape if "=" in part]
        return names_in([text for text in self.at if not is_reference(text)])

    def wide(self, dtype: str | None) -> bool:
        """Whether files are executed with JAX's 64-bit types: for written numbers; objects are made as the user's settings say."""
        from diffcheck.checks.loading import runs_wide

        return runs_wide([*self.at, *([] if self.file is None else [str(self.file)])], dtype)

    def of(self, job: FunctionCheck) -> list[BoundCall]:
        from diffcheck.checks.arguments import at_random, from_file, from_value
        from diffcheck.checks.loading import point_of

        self._require_one_way(job)
        if self.file is not None:
            return from_file(self.file, job.parameters, job.format)
        if self.random:
            return at_random(self.random, self.seed, self.domain, self.shape, job.parameters, job.format)
        wide = self.wide(None if job.format is None else job.format.name)
        return [call for text in self.at for call in from_value(point_of(text, wide), job.parameters, job.format)]

    @property
    def ways(self) -> int:
        """In how many ways they are given; one is right."""
        return bool(self.at) + (self.file is not None) + bool(self.random)

    def _require_one_way(self, job: FunctionCheck) -> None:
        if self.ways != 1:
            wanted = ",".join(f"{name}=1" for name in job.parameters.names) if len(job.parameters.names) > 1 else "2"
            problem = "points are given in more than one way" if self.ways else "no point is given"
            raise InputError(problem, f"Write --at {wanted}, or --points FILE, or --random 20.")


@dataclass(frozen=True, slots=True)
class FunctionJob:
    """What is checked of a function, and how large Jacobians are gone through, as the options say."""

    reference: str
    points: FunctionPoints
    interval: str
    samples: int
    wrt: list[str] | None
    against: str
    claims: list[str]
    side: str
    directions: int
    entries: str
    orders: Orders | None
    dtype: Dtype | None
    lint: bool | None

    def reported(self, draw: Artist) -> tuple[Findings | IntervalReport, int]:
        """The report, and the line where the function begins."""
        from diffcheck.checks.loading import load
        from diffcheck.engines.jax.program_cache import use_persistent_cache
        from diffcheck.views.progress import stages

        use_persistent_cache()
        function = load(self.reference, self._wide)
        with stages() as on_stage:
            check = self._check(function, on_stage)
            report = self._on_interval(check) if self.interval else self._at_points(check, draw)
        return report, getattr(getattr(unwrap(function), "__code__", None), "co_firstlineno", 1)

    @property
    def _wide(self) -> bool:
        return self.points.wide(self.dtype)

    def _check(self, function: Callable[..., object], on_stage: Callable[[str], object]) -> FunctionCheck:
        from diffcheck.checks.claimed import side_of
        from diffcheck.checks.function import FunctionCheck
        from diffcheck.checks.loading import load

        claim = load(self.claims[0], self._wide) if len(self.claims) == 1 and is_reference(self.claims[0]) else self.claims or None
        return FunctionCheck(
            function,
            name=self.reference.rpartition(":")[2].rpartition(".")[2],
            against=load(self.against, self._wide) if is_reference(self.against) else self.against or None,
            dtype=self.dtype,
            linted=self.lint,
            claim=claim,
            given=self.points.names,
            plan=self._plan(on_stage),
            orders=self.orders,
            wrt=self.wrt,
            side=side_of(self.side or None),
        )

    def _plan(self, on_stage: Callable[[str], object]) -> Plan:
        from diffcheck.checks.at_once import plan_of

        entries = int(self.entries) if self.entries.isdecimal() else self.entries or None
        return plan_of(on_stage, directions=self.directions, seed=self.points.seed, entries=entries)

    def _at_points(self, check: FunctionCheck, draw: Artist) -> Findings:
        points = self.points.of(check)
        if self.orders:
            return check.report(points)
        jacobians = check.jacobians(points)
        report = check.report_of(jacobians)
        draw(report.header, jacobians)
        return report

    def _on_interval(self, check: FunctionCheck) -> IntervalReport:
        from diffcheck.checks.arguments import WRITTEN
        from diffcheck.checks.function_line import FunctionOnALine
        from diffcheck.checks.interval import check_interval

        require_no_points(self.points.ways > 0, "--at, --points or --random")
        if self.orders:
            raise InputError("an interval is judged by its first derivative", "Leave out --hessian, --order, --along or --hvp.")
        lower, upper = ends(check.format or WRITTEN, "--interval", self.interval)
        return check_interval(FunctionOnALine(check, lower), lower, upper, self.samples)


def is_reference(text: str) -> bool:
    """Whether a text names a function: no expression of the language has a colon."""
    return ":" in text


@contextmanager
def prints_apart(watch: Watch) -> Iterator[None]:
    """What the user's code prints, or programs that it starts, is not part of the report: it goes where messages go."""
    with redirect_stdout(sys.stderr), ExitStack() as after:
        if watch is not UNWATCHED:
            kept = os.dup(1)
            after.callback(os.close, kept)
            after.callback(os.dup2, kept, 1)
            os.dup2(sys.stderr.fileno() if sys.stderr is not None else 2, 1)
        yield
