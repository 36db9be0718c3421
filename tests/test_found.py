"""The faults of docs/found.md are still there, in the versions that it names, and diffcheck says of them what it says there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "found.md"
SECTION = re.compile(r"^## (\S+) (\S+)$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = SECTION.findall(PAGE.read_text(encoding="utf-8"))

RUN = """
import io, json, sys
from contextlib import redirect_stdout
outputs = []
for block in json.load(sys.stdin):
    with redirect_stdout(io.StringIO()) as output:
        exec(block, {})
    outputs.append(output.getvalue())
print(json.dumps(outputs))
"""


def _outputs(blocks: list[str]) -> list[str]:
    """What the blocks print, in one fresh process: the page asks for 64-bit types."""
    import json

    env = {**os.environ, "JAX_ENABLE_X64": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", RUN], input=json.dumps(blocks), env=env, capture_output=True, text=True, check=True
    )
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(("library", "version", "text"), SECTIONS, ids=[name for name, _, _ in SECTIONS])
def test_a_fault_is_as_the_page_says(library: str, version: str, text: str) -> None:
    try:
        installed = metadata.version(library)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{library} is not installed")
    if installed != version:
        pytest.skip(f"{library} is {installed}, and the page is about {version}")
    blocks = BLOCK.findall(text)
    printed = ["".join(f"{line.removeprefix('#> ')}\n" for line in block.splitlines() if line.startswith("#> ")) for block in blocks]
    assert blocks
    assert all(printed)
    assert _outputs(blocks) == printed
