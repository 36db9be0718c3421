"""The page of `plot -o page.html`: its numbers are certified, it needs nothing else, and it follows mouse, fingers and keys."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from browser import INSTALLED, Page, browser
from command_line import FAIL, PASS, USAGE
from command_line import diffcheck as command

from diffcheck.engines.certified import certify
from diffcheck.graph.build import read
from diffcheck.pictures import page

LARGEST = 300_000  # bytes
KINKED = "max(x^2, 2x + 3)*abs(x - 0.25)"
SCRIPT = Path(page.__file__).with_name("tangent.js")
node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


@pytest.fixture(scope="module")
def kinked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "page.html"
    assert command("plot", KINKED, "--at", "1", "--claim", "2x", "-o", str(path)).code == FAIL
    return path


def data_of(path: Path) -> Any:
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_every_point_of_the_page_has_the_certified_slope(kinked):
    data, graph = data_of(kinked), read(KINKED).target.flat
    assert len(data["points"]) >= 400
    for x, f, slope, left, right, status, *_ in data["points"][::7]:
        proved = certify(graph, {"x": x}, "x")
        assert (data["statuses"][status], f) == (proved.status.value, float(proved.value))
        assert slope == (None if proved.derivative is None else float(proved.derivative))
        assert (left is None) == (right is None) == (proved.left is None)


def test_kinks_between_the_points_of_the_grid_are_found_with_both_slopes(kinked):
    data = data_of(kinked)
    kinks = {point[0]: (point[3], point[4]) for point in data["points"] if data["statuses"][point[5]] == "kink"}
    assert kinks.keys() == {-1.0, 0.25, 3.0}
    assert kinks[0.25] == (-3.5, 3.5)


def test_the_page_lists_what_was_typed_the_derivative_and_the_claim(kinked):
    text = unescape(kinked.read_text(encoding="utf-8"))
    assert all(f"<pre>{part}" in text for part in (KINKED, "2x</pre>", "2*x*"))


@pytest.mark.parametrize(
    ("text", "options"),
    [("x^2 + 3x + 2", ["--at", "2"]), ("exp(x)", ["--range", "0,300"]), ("sin(1/x)", ["--range", "-1,1"]),
     ("f(x) = x^2*y + sin(x); f(f(x))", ["--at", "x=1,y=2"])],
)  # fmt: skip
def test_the_page_is_small_and_needs_no_network(tmp_path, text, options):
    path = tmp_path / "page.html"
    assert command("plot", text, *options, "-o", str(path)).code == PASS
    written = path.read_text(encoding="utf-8")
    assert path.stat().st_size < LARGEST
    assert set(re.findall(r"https?://[^\"'\s<]+", written)) == {"http://www.w3.org/2000/svg"}  # the name of a language, not an address
    assert "default-src 'none'" in written
    assert not re.search(r"<(?:link|img|iframe)|@import|url\((?!#)", written)


def test_a_text_of_the_user_cannot_leave_its_element(tmp_path):
    path = tmp_path / "page.html"
    command("plot", "x # </script><script>alert(1)</script>", "--at", "1", "-o", str(path))
    command("plot", "x^2", "--at", "1", "--claim", "where(x < 3, 2x, 1) + 0*where(x > 2, 1, 0)", "-o", str(path))
    written = path.read_text(encoding="utf-8")
    assert written.count("<script") == written.count("</script>") == 2
    assert "x &lt; 3" in written


@pytest.mark.parametrize(("option", "said"), [("--taylor", "Taylor polynomials"), ("--derivative", "panel of the derivative")])
def test_what_a_page_cannot_show_is_said(tmp_path, option, said):
    words = [option, "2"] if option == "--taylor" else [option]
    result = command("plot", "x^2", "--at", "1", *words, "-o", str(tmp_path / "page.html"))
    assert (result.code, said in result.stderr, list(tmp_path.iterdir())) == (USAGE, True, [])


# What moves in it, without a browser


def evaluated(expression: str) -> Any:
    """An expression in the functions of tangent.js that need no browser."""
    program = f"const g = require({json.dumps(str(SCRIPT))}); console.log(JSON.stringify({expression}));"
    return json.loads(subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True, timeout=60).stdout)


def point(x: float, f: float | None, slope: float | None = None, left: float | None = None, right: float | None = None) -> str:
    return json.dumps({"x": x, "f": f, "slope": slope, "left": left, "right": right})


@node
@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[-9, 0.4, 0.6, 9].map((x) => g.nearest([{x: -1}, {x: 0}, {x: 1}], x))", [0, 1, 2, 2]),
        (f"g.tangents({point(0, 0, 2.0)})", [{"slope": 2.0, "side": 0}]),
        (f"g.tangents({point(0, 0, None, -1.0, 1.0)})", [{"slope": -1.0, "side": -1}, {"slope": 1.0, "side": 1}]),
        (f"g.tangents({point(0, None)})", []),
        (f"g.remainders([{point(1, 1, 2.0)}, {point(3, 9, 6.0)}], 0)", [{"delta": 2, "rest": 4, "right": True}]),
        (f"g.remainders([{point(0, 0, 3.0)}, {point(2, 6, 3.0)}], 0)", []),
        (f"g.remainders([{point(-1, 1, -1.0)}, {point(0, 0, None, -1.0, 1.0)}, {point(2, 2, 1.0)}], 1)", []),
        ("g.ticks(0, 10, 5)", [0, 2, 4, 6, 8, 10]),
        ("g.ticks(-2.5, 0.5, 5, true)", [-2, -1, 0]),
        (f"g.equation('x', {point(2, 12)}, 7)", "y = 7x − 2"),
        (f"g.equation('x', {point(1, 1)}, 1)", "y = x"),
        (f"g.equation('x1', {point(0, -3)}, -0.5)", "y = −0.5·x1 − 3"),
        (f"g.equation('x', {point(5, 4)}, 0)", "y = 4"),
        ("[g.short(null), g.short(-1e-9), g.short(1/0 - 0)]", ["—", "−1e−9".replace("e−", "e-"), "∞"]),
        ("[1, -1].map((step) => g.nextSpecial([{}, {special: true}, {}, {}], 2, step))", [-1, 1]),
    ],
)
def test_the_geometry_of_the_page(expression, value):
    assert evaluated(expression) == value


# In a browser

chromium = [pytest.mark.browser, pytest.mark.skipif(INSTALLED is None, reason="no Chromium is installed")]
SIZES = [pytest.param(390, 844, id="phone", marks=chromium), pytest.param(1400, 900, id="desk", marks=chromium)]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Page]:
    with browser(tmp_path / "profile") as found:
        yield found
        assert found.errors == []


def said(found: Page, *names: str) -> list[str]:
    return [found.run(f"document.getElementById('{name}').textContent") for name in names]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_is_wider_than_the_screen(opened, kinked, width, height):
    opened.open(kinked, width, height)
    assert opened.run("document.documentElement.scrollWidth") <= width
    assert opened.run("document.querySelectorAll('#curve .curve').length") == 1


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_point_follows_the_mouse(opened, kinked, width, height):
    opened.open(kinked, width, height)
    left, top, wide = (opened.run(f"document.getElementById('curve').getBoundingClientRect().{side}") for side in ("left", "top", "width"))
    opened.mouse("mousePressed", left + wide * 0.5, top + 100)
    (before,) = said(opened, "x")
    opened.mouse("mouseMoved", left + wide * 0.9, top + 100)
    opened.mouse("mouseReleased", left + wide * 0.9, top + 100)
    (after,) = said(opened, "x")
    assert float(before) < 2 < float(after)


@pytest.mark.parametrize(("width", "height"), SIZES[:1])
def test_the_point_follows_a_finger(opened, kinked, width, height):
    opened.open(kinked, width, height)
    opened.ask("Emulation.setTouchEmulationEnabled", enabled=True)
    left, top, wide = (opened.run(f"document.getElementById('curve').getBoundingClientRect().{side}") for side in ("left", "top", "width"))
    opened.touch("touchStart", (left + wide * 0.3, top + 100))
    opened.touch("touchMove", (left + wide * 0.8, top + 100))
    (after,) = said(opened, "x")
    opened.touch("touchEnd")
    assert float(after) > 1.5


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_keys_move_the_point_and_a_screen_reader_hears_it(opened, kinked, width, height):
    opened.open(kinked, width, height)
    opened.run("document.getElementById('point').focus()")
    (before,) = said(opened, "x")
    opened.key("ArrowRight")
    (after,) = said(opened, "x")
    assert float(before) < float(after) < float(before) + 0.05
    opened.key("End")
    assert said(opened, "x") == ["4"]
    spoken = opened.run("document.getElementById('point').getAttribute('aria-valuetext')")
    assert re.fullmatch(r"x = 4, smooth, slope \S+, .*wrong.*", spoken)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_kink_shows_both_tangents_and_their_equations(opened, kinked, width, height):
    opened.open(kinked, width, height)
    opened.run("document.getElementById('back').click()")
    assert said(opened, "x", "slope") == ["0.25", "-3.5 | 3.5"]
    assert said(opened, "tangent")[0].count("from the") == 2
    assert opened.run("document.querySelectorAll('#curve .tangent').length") == 2


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_is_dark_where_that_is_wanted(opened, kinked, width, height):
    opened.open(kinked, width, height, dark=True)
    assert opened.run("getComputedStyle(document.body).backgroundColor") == "rgb(22, 24, 27)"
