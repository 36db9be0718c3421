"""docs/jax-functions.md says what is so, and benchmarks/checkers.py what README.md shows."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
PAGE, README = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/jax-functions.md", "README.md"))


def _load(file: str) -> ModuleType:
    path = ROOT / file
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


survey, checkers = _load("docs/jax_survey.py"), _load("benchmarks/checkers.py")
SUBJECTS = {subject.call: subject for subject in survey.SUBJECTS}
SAMPLE = ("nn.relu6(x)", "nn.squareplus(x)", "nn.sparse_sigmoid(x)", "special.entr(x)", "special.spence(x)", "special.xlogy(x, y)")


@pytest.mark.parametrize("call", SAMPLE)
def test_a_row_of_the_survey_is_true(call: str) -> None:
    row, _ = survey.surveyed(SUBJECTS[call])
    (written,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{call}` |"))
    assert _outline(survey.as_row(row)) == _outline(written)


def _outline(row: str) -> tuple[list[str], int, list[str]]:
    """A row without what depends on the processor: which of the values that pass are exact, and how many are only warned of."""
    *subject, right, others = row.strip().strip("|").split(" | ")
    counts = [(int(number), name) for number, name in re.findall(r"(\d+) ([a-z][a-z -]*)", f"{right}, {others}")]
    return subject, sum(number for number, _ in counts), [name for _, name in counts if name.strip() not in GOOD]


GOOD = {"exact", "agrees", "ill-conditioned", "unstable"}


def test_every_function_surveyed_has_its_row() -> None:
    assert PAGE.count("\n| `") == len(survey.SUBJECTS)
    assert all(f"| `{call}` |" in PAGE for call in SUBJECTS)


def test_every_fault_listed_is_reproduced_in_plain_jax() -> None:
    """test_docs.py runs the examples; here it is held that there is one for each fault."""
    faults = PAGE.partition("## Faults")[2].split("\n### ")[1:]
    assert faults
    assert [fault.splitlines()[0] for fault in faults if fault.count(">>> with jax.enable_x64(True):") != 1] == []


def test_readme_has_a_row_for_every_checker() -> None:
    table = README.partition("| checker | wrong rules caught |")[2].partition("\n\n")[0]
    assert [row.split(" | ")[0] for row in table.splitlines()[2:]] == [f"| {name}" for name in (*checkers.OF_JAX, *checkers.OF_TORCH)]


@pytest.mark.long
def test_readme_shows_what_the_checkers_make_of_the_planted_rules() -> None:
    """Those of torch only where it is installed."""
    command = [sys.executable, str(ROOT / "benchmarks" / "checkers.py")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert printed.strip() in README
