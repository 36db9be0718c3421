"""A report in a notebook, as a real kernel shows it: once, and wrapped."""

from __future__ import annotations

import re
import sys
from typing import Any

import nbformat
import pytest
from ipykernel.kernelspec import get_kernel_dict
from nbclient import NotebookClient

from diffcheck.views.notebook import WIDTH

CELLS = (
    "import diffcheck",
    "diffcheck.check('where(x == 0, 0, x)', at=[0, 1])",
    "report = diffcheck.check('x^2', at=2)\nreport",
    "print(report)",
    "report.outcome.value",
)


@pytest.fixture(name="outputs", scope="module")
def outputs_fixture(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    """What each cell shows, in a kernel of this interpreter; no kernel is installed for that."""
    directory = tmp_path_factory.mktemp("kernels")
    client = NotebookClient(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS]), timeout=120)
    client.resources = {"metadata": {"path": str(directory)}}
    manager = client.create_kernel_manager()
    manager.kernel_spec.argv = [sys.executable, *get_kernel_dict()["argv"][1:]]
    return [cell.outputs for cell in client.execute().cells]


def test_a_report_is_shown_exactly_once(outputs: list[list[Any]]) -> None:
    for shown in outputs[1:3]:
        assert [output.output_type for output in shown] == ["execute_result"]
    assert outputs[0] == []


def test_a_report_is_wrapped_html_and_text(outputs: list[list[Any]]) -> None:
    data = outputs[1][0].data
    assert "white-space:pre-wrap" in data["text/html"]
    visible = re.sub(r"<[^>]+>", "", data["text/html"]).replace("&#x27;", "'").replace("&lt;", "<").replace("&gt;", ">")
    assert "in exact arithmetic JAX's rule gives 0 instead of 1" in " ".join(visible.split())
    assert max(map(len, visible.splitlines())) <= WIDTH
    assert data["text/plain"] == "<Report of where(x == 0, 0, x): 6 derivative values: fail>"


def test_what_is_printed_is_text_alone(outputs: list[list[Any]]) -> None:
    (printed,) = outputs[3]
    assert (printed.output_type, printed.name) == ("stream", "stdout")
    assert "✓ 3 derivative values: 3 right." in printed.text
    assert outputs[4][0].data["text/plain"] == "'pass'"
