"""The picture of the floors and the life of an expression in docs/architecture.md, from the imports and from a run.

python docs/house.py    print the tables
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "diffcheck"

# The floors


@dataclass(frozen=True, slots=True)
class Room:
    """A folder of the package, or a module beside them."""

    name: str  # engines/symbolic
    floor: int  # 0 at the top
    says: str  # the first sentence of its docstring
    uses: frozenset[str]  # other rooms


@cache
def rooms() -> Mapping[str, Room]:
    """Every room, from the top floor down."""
    homes = {_module(path): _home(path) for path in sorted(PACKAGE.rglob("*.py"))}
    found = {name: _room(name, homes) for name in dict.fromkeys(homes.values()) if name}
    return {room.name: room for room in sorted(found.values(), key=lambda room: (room.floor, room.name))}


@cache
def contracts() -> list[dict[str, Any]]:
    """What import-linter checks."""
    found: list[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    return found


def contracts_list() -> str:
    """The contracts by name, with the modules that they bind."""
    bound = ((contract, contract.get("source_modules") or contract.get("modules") or []) for contract in contracts())
    return "".join(f"- {contract['name']}{': ' if modules else ''}{_quoted(modules)}.\n" for contract, modules in bound)


def _quoted(modules: Sequence[str]) -> str:
    return ", ".join(f"`{each.removeprefix('diffcheck.')}`" for each in modules)


@cache
def floors() -> tuple[tuple[str, ...], ...]:
    """The layers of the first import contract, from the top."""
    layers = next(contract["layers"] for contract in contracts() if contract["type"] == "layers")
    return tuple(tuple(name.strip() for name in layer.split("|")) for layer in layers)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _home(path: Path) -> str:
    """The room of a file; "" for the package itself, which only names what is public."""
    folder = path.parent.relative_to(PACKAGE).as_posix()
    return folder if folder != "." else "" if path.name.startswith("__") else path.stem


def _room(name: str, homes: Mapping[str, str]) -> Room:
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if _home(path) == name]
    heads = [path for path in files if path.name == "__init__.py"] or files
    document = ast.get_docstring(ast.parse(heads[0].read_text(encoding="utf-8"))) or ""
    says = document.split("\n\n")[0].replace("\n", " ")
    uses = {home for path in files for module in _imported(path) if (home := _home_of(module, homes)) not in ("", name)}
    top = name.split("/")[0]
    floor = next((i for i, layer in enumerate(floors()) if top in layer), len(floors()))
    return Room(name, floor, says, frozenset(uses))


def _imported(path: Path) -> Iterator[str]:
    """The modules that a file imports, also within functions; what is needed for types only is no import."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {id(node) for block in ast.walk(tree) if _is_for_types(block) for node in ast.walk(block)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in for_types:
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and id(node) not in for_types:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_for_types(block: ast.AST) -> bool:
    return isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"


def _home_of(module: str, homes: Mapping[str, str]) -> str:
    return homes.get(module) or homes.get(module.rpartition(".")[0], "")


@cache
def houses() -> Mapping[str, frozenset[str]]:
    """The rooms at the top of the package and what they use: their inner rooms count as part of them."""
    found: dict[str, set[str]] = {}
    for room in rooms().values():
        top = room.name.split("/")[0]
        found.setdefault(top, set()).update(used.split("/")[0] for used in room.uses)
    return {name: frozenset(used - {name}) for name, used in found.items()}


def closest() -> Iterator[tuple[str, str]]:
    """The imports that are not implied by others: one of B is left out where another room that is imported uses B."""
    for name, uses in houses().items():
        reached = {far for near in uses for far in _below(near)}
        yield from ((name, near) for near in sorted(uses - reached))


@cache
def _below(name: str) -> frozenset[str]:
    """All rooms that one uses, directly or not; the contract of the floors allows no circle."""
    uses = houses()[name]
    return uses.union(*map(_below, uses))


def floors_table() -> str:
    """A row per room: its floor, what it is, and which rooms it uses."""
    rows = (
        f"| {len(floors()) - room.floor} | `{room.name}` | {room.says} | {', '.join(sorted(room.uses)) or '—'} |\n"
        for room in rooms().values()
    )
    return "| floor | room | what it is | uses |\n| --- | --- | --- | --- |\n" + "".join(rows)


# The picture

WIDTH, ROW, HIGH, GAP, MARGIN = 900, 76, 42, 12, 24
LETTER, SMALL = 8.0, 6.0  # pixels of a letter, on the average
COLORS = ("#fdf2e0", "#e7f1fb")  # of floors in turn
SHIFTS = (-190, 0, 190, 80, -90)  # of rooms that have a floor to themselves


def picture() -> str:
    """The floors as SVG: a box per room, and an arrow for each import that others do not imply."""
    boxes, used = _boxes(), _used_floors()
    height = MARGIN + ROW * len(used)
    strips = "".join(
        f'<rect x="0" y="{MARGIN / 2 + ROW * i:g}" width="{WIDTH}" height="{ROW}" fill="{COLORS[i % 2]}"/>\n' for i in range(len(used))
    )
    arrows = "".join(_arrow(boxes[above], boxes[below]) for above, below in closest())
    drawn = "".join(_box(name, *place) for name, place in boxes.items())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="14">\n'
        '<defs><marker id="end" markerWidth="7" markerHeight="7" refX="6" refY="3" orient="auto">'
        '<path d="M0,0 L6,3 L0,6 z" fill="#555"/></marker></defs>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{strips}{arrows}{drawn}</svg>\n'
    )


Place = tuple[float, float, float]  # left, top, width


def _used_floors() -> list[int]:
    return sorted({rooms_of(name)[0].floor for name in houses()})


def rooms_of(name: str) -> list[Room]:
    """A room at the top and those in it."""
    return [room for room in rooms().values() if room.name.split("/")[0] == name]


def _boxes() -> dict[str, Place]:
    """Where each room is: floors from the top, the rooms of one side by side."""
    places: dict[str, Place] = {}
    for i, floor in enumerate(_used_floors()):
        names = [name for name in houses() if rooms_of(name)[0].floor == floor]
        widths = [max(LETTER * len(name), SMALL * len(_inner(name))) + 24 for name in names]
        space = max(GAP, (WIDTH - 2 * MARGIN - sum(widths)) / (len(names) + 1))
        left = MARGIN + space + SHIFTS[i % len(SHIFTS)] * (len(names) == 1)  # or arrows would hide behind boxes
        for name, width in zip(names, widths, strict=True):
            places[name] = (left, MARGIN / 2 + ROW * i + (ROW - HIGH) / 2, width)
            left += width + space
    return places


def _inner(name: str) -> str:
    return " · ".join(room.name.partition("/")[2] for room in rooms_of(name) if "/" in room.name)


def _box(name: str, left: float, top: float, width: float) -> str:
    middle, inner = left + width / 2, _inner(name)
    baseline = top + (18 if inner else 26)
    below = f'<text x="{middle:.0f}" y="{top + 34:.0f}" text-anchor="middle" font-size="11" fill="#555">{escape(inner)}</text>\n'
    return (
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{HIGH}" rx="6" fill="#ffffff" stroke="#555"/>\n'
        f'<text x="{middle:.0f}" y="{baseline:.0f}" text-anchor="middle" font-weight="bold">{escape(name)}</text>\n'
        f"{below if inner else ''}"
    )


def _arrow(above: Place, below: Place) -> str:
    """From the lower edge of a box to the upper one of another; between neighbours of a floor, from side to side."""
    (x, y, width), (to_x, to_y, to_width) = above, below
    if y == to_y:
        start, end = (x + width, to_x) if x < to_x else (x, to_x + to_width)
        bend = y - 14
        path = f"M{start:.0f},{y + 8:.0f} Q{(start + end) / 2:.0f},{bend:.0f} {end:.0f},{y + 8:.0f}"
    else:
        start, end, bottom = x + width / 2, to_x + to_width / 2, y + HIGH
        path = f"M{start:.0f},{bottom:.0f} C{start:.0f},{bottom + 30:.0f} {end:.0f},{to_y - 30:.0f} {end:.0f},{to_y:.0f}"
    return f'<path d="{path}" fill="none" stroke="#555" stroke-opacity="0.6" marker-end="url(#end)"/>\n'


# The life of an expression

COMMAND = ("check", "x^2", "--at", "2")
STEPS = (  # functions in the order in which they are called for the first time after the one before, and what each does
    ("check", "takes the options of `diffcheck check` apart"),
    ("supervised", "gives the work to a child process with limits of time and memory"),
    ("Check.__init__", "makes everything that does not depend on the point"),
    ("read_tokens", "cuts the text into tokens, within the limits of the language"),
    ("resolve_names", "settles which names are functions, variables and products"),
    ("TreeBuilder.binary", "makes the syntax tree, while Lark parses: x to the power 2"),
    ("build", "turns the tree into a graph: nodes x, 2 and x^2, shared and in order"),
    ("Program.__init__", "makes f a JAX program, to which the formulas of others are added"),
    ("derived", "asks each engine of the table for its derivations of the subject"),
    ("Differentiator.derivative", "wants the symbolic derivative"),
    ("Segments.__init__", "cuts the graph into segments that are small enough for SymPy"),
    ("_Derivatives.of", "differentiates a segment: 2·x, with SymPy's derivatives of functions"),
    ("FromSympy.convert", "turns SymPy's expression into a graph again: 2*x"),
    ("from_texts", "reads the point"),
    ("read_number", "rounds it once to a float of the format: 2.0"),
    ("samples", "takes the points through all derivations, a chunk at a time"),
    ("Program.run", "runs the program in floats, compiled: f(2) = 4, SymPy's 4"),
    ("Program._tangents", "lets JAX differentiate forward (`jax.jvp`): 4"),
    ("Program._cotangents", "lets JAX differentiate in reverse (`jax.vjp`): 4"),
    ("Judge.sample", "brings the values of a point together with what is proved there"),
    ("certify", "proves: f is smooth at 2, and f′(2) lies in an enclosure"),
    ("Line.follow", "is the first route: power series of balls along x = 2 + t"),
    ("confirms", "is the second route: the derivative from values of f on a circle"),
    ("Disc.follow", "bounds f on a complex square and computes it on the circle"),
    ("judge", "compares each value with the enclosure: exact, the nearest float"),
    ("why", "looks for a cause if something is wrong; nothing is"),
    ("show_header", "prints how the text was read, and the formula"),
    ("show_samples", "prints the table of the point"),
    ("show_conclusion", "prints what was found in all"),
    ("exit_code", "turns the worst outcome into the exit code: 0"),
)
TRACER = """
import json, sys
from typer.testing import CliRunner
from diffcheck.cli import app
calls = {}
def called(frame, event, argument):
    if event == "call" and "diffcheck" in frame.f_code.co_filename:
        calls.setdefault((frame.f_code.co_filename, frame.f_code.co_qualname, frame.f_code.co_firstlineno), len(calls))
sys.setprofile(called)
result = CliRunner().invoke(app, json.loads(sys.argv[1]))
sys.setprofile(None)
assert result.exit_code == 0, result.output
print(json.dumps([key[:2] for key in calls]))
"""


@dataclass(frozen=True, slots=True)
class Step:
    """A function that is called, in which file, and what it does."""

    file: str
    function: str
    does: str

    @property
    def room(self) -> str:
        return _home(PACKAGE / self.file)


@cache
def life() -> tuple[Step, ...]:
    """The steps as a run of the command takes them. Raises ValueError where they are others than STEPS says."""
    calls = iter(_calls())
    return tuple(_next_step(function, does, calls) for function, does in STEPS)


def _next_step(function: str, does: str, calls: Iterator[tuple[str, str]]) -> Step:
    file = next((file for file, called in calls if called == function), None)
    if file is None:
        raise ValueError(f"{function} is not called after the step before it: STEPS in docs/house.py says so")
    return Step(file, function, does)


def _calls() -> Sequence[tuple[str, str]]:
    """(file, function) of the package in the order of their first calls, in a process that has called nothing before."""
    command = [sys.executable, "-c", TRACER, json.dumps(COMMAND)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    calls = [(Path(file).resolve(), function) for file, function in json.loads(done.stdout)]
    return [(file.relative_to(PACKAGE).as_posix(), function) for file, function in calls if file.is_relative_to(PACKAGE)]


def life_table() -> str:
    """The steps with their places, and how often the walk changes rooms."""
    stays = [step.room for i, step in enumerate(life()) if i == 0 or step.room != life()[i - 1].room]
    rows = "".join(f"| {i} | `{step.file}:{step.function}` | {step.does} |\n" for i, step in enumerate(life(), 1))
    walk = f"{len(life())} steps, {len(stays)} stays in {len(set(stays))} rooms, {len(stays) - len(set(stays))} returns"
    return f"{walk}:\n\n| | function | what it does |\n| --- | --- | --- |\n{rows}"


if __name__ == "__main__":
    print(floors_table(), life_table(), sep="\n")
