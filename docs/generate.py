"""Keeps README.md and docs/ true.

    python docs/generate.py            write the pages that are made of tables, and the outputs of all examples
    python docs/generate.py NAME.md …  the same for these documents only
    python docs/generate.py --check    write nothing; name the documents that are not true, and exit with 1

What is run in a document, its blocks in order and in one directory that is empty at first:

    ```console           commands after `$ `, with what they print; `$ echo $?` prints the exit code of the one before
    ```pycon             Python, as at its prompt
    ```toml suite.toml   not run: a file of this name for the commands that follow

Blanks at the ends of lines are not recorded. A table between `<!-- table: NAME -->` and `<!-- end of table -->` is written by a function of
TABLES. Names of documents after the command restrict it to these.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stdout
from enum import Enum
from io import StringIO
from pathlib import Path
from typing import Any

import typer
from house import contracts_list, floors_table, life_table, picture
from lifted_page import lifted_table, not_lifted_table
from limits_page import limits_table
from PIL import Image
from python_page import reference
from rules_page import checks_table, rules_page
from typer.testing import CliRunner

from diffcheck.cli import app
from diffcheck.cli.configuration import EVERY, OWN
from diffcheck.graph.domains import described
from diffcheck.graph.functions import GROUPS, Function, Support
from diffcheck.judgement.accuracy.table import Faults, Place, limit_of, shipped
from diffcheck.registry import TABULATED

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"(<!-- table: (\w+) -->)\n.*?(<!-- end of table -->)", re.DOTALL)
GENERATED = "<!-- Written by docs/generate.py. -->\n\n"


def documents() -> list[Path]:
    """README.md and every page of docs/ and of the folders in it."""
    pages = {*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs" / name for name in PAGES)}
    return [ROOT / "README.md", *sorted(pages)]


def truth(document: Path) -> str:
    """What a document should say today."""
    if document.name in PAGES:
        return PAGES[document.name]()
    with tempfile.TemporaryDirectory() as directory:
        session = Session(Path(directory))
        return BLOCK.sub(session.recorded, with_tables(document.read_text(encoding="utf-8")))


def with_tables(text: str) -> str:
    """A text with its tables as they are today."""
    return TABLE.sub(lambda table: f"{table[1]}\n{TABLES[table[2]]()}{table[3]}", text)


# Examples


LIMITS = ("--timeout", "--max-memory")


class Session:
    """Runs the blocks of one document, one after the other."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._code = 0  # of the last command
        self._names: dict[str, Any] = {}

    def recorded(self, block: re.Match[str]) -> str:
        """The block, with what its commands print."""
        language, file, body = block["language"], block["file"], block["body"]
        if file is not None:
            (self.directory / file).write_text(body, encoding="utf-8")
        if language == "console":
            commands = [line.removeprefix("$ ") for line in body.splitlines() if line.startswith("$ ")]
            body = "".join(f"$ {command}\n{_without_trailing_blanks(self._run(command))}" for command in commands)
        elif language == "pycon":
            examples = doctest.DocTestParser().get_examples(body)
            body = "".join(f"{_at_prompt(example.source)}{self._evaluate(example.source)}" for example in examples)
        return f"```{language}{f' {file}' if file else ''}\n{body}```"

    def _run(self, command: str) -> str:
        """What a command prints. Plain ones run in this process, and give what they print to a pipe's other end; others need a shell."""
        if command == "echo $?":
            return f"{self._code}\n"
        ours, bar, others = command.partition(" | ")
        if not _is_plain(ours):
            return self._in_a_shell(command)
        with chdir(self.directory):
            result = CliRunner().invoke(app, shlex.split(ours)[1:], prog_name="diffcheck")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self._code = result.exit_code
        return result.stderr + self._in_a_shell(others, result.stdout) if bar else result.output

    def _in_a_shell(self, command: str, given: str = "") -> str:
        environment = {**os.environ, "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
        process = subprocess.run(
            ["sh", "-c", command],
            cwd=self.directory,
            env=environment,
            text=True,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._code = process.returncode
        return process.stdout

    def _evaluate(self, source: str) -> str:
        printed = StringIO()
        with redirect_stdout(printed), chdir(self.directory):
            exec(compile(source, "<example>", "single"), self._names)
        return _without_trailing_blanks(printed.getvalue())


def _is_plain(command: str) -> bool:
    """Whether a command is one of diffcheck alone, without limits, which are those of a process."""
    tokens = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    return tokens[0] == "diffcheck" and not any(set(token) <= set("();<>|&") or token in LIMITS for token in tokens)


def _without_trailing_blanks(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _at_prompt(source: str) -> str:
    first, *others = source.splitlines()
    return "".join([f">>> {first}\n", *(f"... {line}\n" for line in others)])


# functions.md


def functions_page() -> str:
    """The table of functions, group by group."""
    intro = (
        "# Functions\n\nEvery row of the table in [`graph/functions/`](../diffcheck/graph/functions). "
        "The domain says where a function has a value, the kinks where it has two slopes.\n\n"
        "✓: the engine has the function itself; =: it uses the expression given; —: it lacks the function, and says `unsupported`. "
        "The derivative at a kink is any number between the two slopes.\n"
    )
    return GENERATED + intro + "".join(f"\n## {name.capitalize()}\n\n{_group(rows)}" for name, rows in GROUPS.items())


def _group(rows: tuple[Function, ...]) -> str:
    header = ["function", "what it is", "as an expression", "domain", "kinks", *(engine.title for engine in TABULATED)]
    return _table([header, *([*_facts(row), *(_support(row, engine.column) for engine in TABULATED)] for row in rows)])


def _facts(row: Function) -> list[str]:
    call = {0: row.signature, 1: f"{row.operator} x", 2: f"x {row.operator} y"}[len(row.names) if row.operator else 0]
    also = f", also {', '.join(f'`{name}`' for name in row.aliases)}" if row.aliases else ""
    domains = described(row.names, row.domain, row.demands)
    kinks = [f"{kink.at}: {_short(kink.left)} | {_short(kink.right)}" for kink in row.kinks]
    return [f"`{call}`{also}", row.doc, f"`{row.meaning}`" if row.meaning else "", "; ".join(domains), "; ".join(kinks)]


def _short(slope: Any) -> str:
    text = str(slope)
    return text if len(text) <= 8 else f"{float(slope):.6g}"


def _support(row: Function, engine: str) -> str:
    column = row.column(engine)
    return str(column.value) if isinstance(column, Support) else "✓"


def _table(rows: list[list[str]]) -> str:
    header, *others = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    lines = [header, ["---"] * len(header), *others]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


# cli.md


def cli_page() -> str:
    """The commands with their arguments and options, from the same texts as --help."""
    group: Any = typer.main.get_command(app)
    commands = "".join(f"\n## diffcheck {name}\n\n{_help(command)}\n{_parameters(command)}" for name, command in group.commands.items())
    everywhere = (
        "Every command has `-h` (`--help`), `-V` (`--version`, with those of JAX, SymPy and FLINT) and `--isolated` (see\n"
        "[Defaults of a project](#defaults-of-a-project)). `diffcheck --install-completion` installs completion for the shell that it is\n"
        "run in, `--show-completion` prints it.\n"
    )
    return f"{GENERATED}# Command line\n\n{_help(group)}\n{everywhere}{commands}\n{DEFAULTS}{_settable()}"


DEFAULTS = """## Defaults of a project

A table in `pyproject.toml` sets defaults of options, for all commands that have them or for one. An option of the command line wins:

```toml
[tool.diffcheck]
timeout = 10
max-memory = 2048

[tool.diffcheck.run]
format = "github"
workers = 4
```

The current directory is searched first, then those above it, and the search ends at the first `pyproject.toml` with such a table.
`--isolated` leaves it aside. An unknown key or a value that does not fit is an error with file and line, and exit code 2. Nothing else
can be set: no output, no file, no `--allow-code`, no `--scheduler`. In Python, `diffcheck.check` does not read the table, nor does the
pytest plugin, which has limits of its own in pytest's ini file.

"""


def _settable() -> str:
    rows = [["[tool.diffcheck]", EVERY], *([f"[tool.diffcheck.{name}]", own] for name, own in OWN.items() if own)]
    return _table([["table", "keys"], *([f"`{table}`", ", ".join(f"`{key}`" for key in keys)] for table, keys in rows)])


def _help(command: Any) -> str:
    """Paragraphs of text; those that --help does not wrap (after a \\b) as they are, indented ones as code."""
    parts = []
    for paragraph in command.help.split("\n\n"):
        title, _, rest = paragraph.removeprefix("\b\n").partition("\n")
        indented = paragraph.startswith("\b\n") and rest.startswith("  ")
        code = "\n".join(line.removeprefix("  ") for line in rest.splitlines())
        parts.append(f"{title}\n\n```sh\n{code}\n```\n" if indented else f"{f'{title} {rest}'.strip()}\n")
    return "\n".join(parts)


def _parameters(command: Any) -> str:
    return _table([["argument or option", "what it says"], *map(_parameter, command.params)])


def _parameter(parameter: Any) -> list[str]:
    choices = "|".join(type(parameter.default)) if isinstance(parameter.default, Enum) else ""
    if parameter.param_type_name == "argument":
        return [f"`{parameter.metavar}`", parameter.help]
    value = "" if parameter.is_flag else f" {parameter.metavar or choices or 'N'}"
    default = getattr(parameter.default, "value", parameter.default)
    shown = f" Default: `{default}`." if parameter.show_default and default not in ("", None, False) else ""
    return [f"`{', '.join(parameter.opts)}{value}`", f"{parameter.help}{shown}"]


# accuracy.md


def accuracy_page() -> str:
    """What was measured of each JAX version, a column for each number format."""
    intro = (
        "# The accuracy of JAX's functions\n\n"
        "The largest errors found by `python -m diffcheck.judgement.accuracy`, in ulps of the true value: "
        "[numerics.md](numerics.md#the-accuracy-of-jaxs-functions) says how they are measured and what they are used for. Arguments are "
        "rounded to ten digits here; [`accuracy.toml`](../diffcheck/judgement/accuracy/accuracy.toml) has all of them.\n"
    )
    versions = sorted({version for version, _, _ in shipped()})
    return GENERATED + intro + "".join(_accuracy_of(version) for version in versions)


def _accuracy_of(version: str) -> str:
    formats = {dtype: shipped()[of, platform, dtype] for of, platform, dtype in sorted(shipped(), reverse=True) if of == version}
    errors = [["function", *(f"{dtype}, at" for dtype in formats)]]
    faults = [["function", *(f"{dtype}, at" for dtype in formats)]]
    for name in dict.fromkeys(name for measured in formats.values() for name in measured):
        found = [measured.get(name) for measured in formats.values()]
        errors.append([f"`{name}`", *(f"**{each.ulps:g}** {_at(each.at)}" if each else "JAX refuses" for each in found)])
        if any(each and each.faults for each in found):
            faults.append([f"`{name}`", *(_fault(each.faults) if each else "" for each in found)])
    limits = ", ".join(f"{limit_of(dtype):,.0f} ({dtype})" for dtype in formats)
    return f"\n## JAX {version} on the CPU\n\n{_table(errors)}\n### Faults: errors beyond so many ulps: {limits}\n\n{_table(faults)}"


def _fault(faults: Faults | None) -> str:
    if faults is None:
        return "none"
    size = "no number" if faults.worst == float("inf") else f"**{faults.worst:.2g}**"
    between = f", between {_at(faults.lower)} and {_at(faults.upper)}" if len(faults.at) == 1 else ""
    return f"{size} {_at(faults.at)}{between}"


def _at(place: Place) -> str:
    return f"({', '.join(f'{number:.10g}' for number in place)})" if place else ""


# gallery.md

GALLERY = {  # the file of a picture: what it shows, and the words after `diffcheck plot`
    "parabola": (
        "A tangent over all of the range, with its equation; the error that it leaves falls like δ².",
        ["x^2 + 3x + 2", "--at", "2", "--range", "-4,4"],
    ),
    "composition": ("A composite is called F, as in a report.", ["f(x) = x^2 + 3x + 2; f(f(f(x)))", "--at", "2", "--range", "1,3"]),
    "claim": ("A wrong claim: its tangent, and an error that falls like δ.", ["x^2 + 3x + 2", "--at", "2", "--claim", "2x + 2"]),
    "sine": ("Seven points, seven colours.", ["sin(x)", *(word for x in range(-3, 4) for word in ("--at", str(x)))]),
    "hundred": ("Of a hundred points eight have tangents; the title says which.", ["x^2 + 3x + 2", "--at", "linspace(-4,4,100)"]),
    "relu": ("A kink: one-sided tangents, and the slopes that SymPy and JAX chose.", ["relu(x)", "--at", "-1", "--at", "0", "--at", "3"]),
    "absolute": ("Another one.", ["abs(x)", "--at", "0", "--range", "-2,2"]),
    "floor": ("Jumps: the value taken is closed, a limit that is not taken is open.", ["floor(x)", "--at", "1"]),
    "heaviside": ("Two limits, and a value between them.", ["heaviside(x)", "--at", "1"]),
    "sawtooth": ("Jumps between slopes.", ["x - floor(x)", "--at", "0.5", "--range", "-3,3"]),
    "hole": ("A hole at the limit that is proved.", ["sin(x)/x", "--at", "0"]),
    "removable": ("A hole next to the point.", ["(x^2 - 1)/(x - 1)", "--at", "2", "--range", "-1,3"]),
    "pole": ("A pole.", ["1/x", "--at", "1"]),
    "at_a_pole": ("No slope there: the curve has all the room.", ["1/x", "--at", "0"]),
    "tangent": ("More poles.", ["tan(x)", "--at", "1", "--range", "-4,4"]),
    "gamma": ("Poles between branches.", ["gamma(x)", "--at", "1.5", "--range", "-4,4"]),
    "vertical": ("A vertical tangent.", ["cbrt(x)", "--at", "0"]),
    "boundary": ("The end of the domain.", ["sqrt(x)", "--at", "0"]),
    "outside": ("JAX differentiates the logarithm where there is none.", ["log(x)", "--at", "-1"]),
    "oscillation": ("What turns round within a pixel is drawn with its extent.", ["sin(1/x)", "--at", "0.3", "--range", "-1,1"]),
    "damped": ("And its limit.", ["x*sin(1/x)", "--at", "0.1", "--range", "-0.5,0.5"]),
    "huge": (
        "Values of very different size: a logarithmic axis, on which tangents are bent.",
        ["exp(x)", "--at", "100", "--range", "0,200"],
    ),
    "two_signs": ("The same with two signs.", ["sinh(x)", "--at", "3", "--range", "-60,60"]),
    "offset": ("Small changes of a large value: rounding ends early.", ["1e6 + 1e-3 sin(x)", "--at", "1"]),
    "two_variables": ("Along one variable, the other is held.", ["x^2*y", "--at", "x=1,y=2"]),
    "taylor": ("A Taylor polynomial, its coefficients proved.", ["cos(x)", "--at", "0", "--taylor", "4", "--range", "-6,6"]),
    "derivative": ("f and f′.", ["x^3 - x", "--at", "1", "--at", "-0.5", "--derivative", "--range", "-2,2"]),
    "no_point": ("A curve alone.", ["exp(-x^2)*sin(5x)", "--range", "-3,3"]),
    "errors": ("Errors in ulps: every engine has its panel, 0 its line.", ["x*log(x)", "--range", "0,1", "--errors", "--samples", "300"]),
    "verdicts": ("Verdicts are marked in a separate strip.", ["where(x == 0, 0, x)", "--range", "-1,1", "--errors", "--samples", "60"]),
}
GALLERY["graph"] = (
    "The graph of an evaluation trace: values, tangents and adjoints; what reverse mode saves has a thick frame.",
    ["ln(x1) + x1*x2 - sin(x2)", "--at", "x1=2,x2=5"],
)
OTHER_COMMANDS = {"graph": "trace"}  # that draw a picture of the gallery; all others are drawn by plot
GALLERY_WIDTH = 860  # pixels
GALLERY_COLORS = 64


def gallery_page() -> str:
    """The pictures of the gallery with the commands that draw them."""
    intro = (
        "# Pictures\n\nWhat `diffcheck plot` and `diffcheck trace` draw. The same command draws the same picture, byte by byte; those "
        "below are reduced.\n"
    )
    entries = (
        f"\n## {caption}\n\n```sh\n{shlex.join(['diffcheck', *_drawing(name), '-o', f'{name}.png'])}\n```\n\n"
        f"![{words[0]}](gallery/{name}.png)\n"
        for name, (caption, words) in GALLERY.items()
    )
    return GENERATED + intro + "".join(entries)


def _drawing(name: str) -> list[str]:
    """The words of the command that draws a picture, but for its file."""
    return [OTHER_COMMANDS.get(name, "plot"), *GALLERY[name][1]]


def draw_for_gallery(name: str, folder: Path) -> Path:
    """A picture of the gallery, reduced in size and colours."""
    path = folder / f"{name}.png"
    CliRunner().invoke(app, [*_drawing(name), "-o", str(path)], prog_name="diffcheck")
    with Image.open(path) as drawn:
        width = min(GALLERY_WIDTH, drawn.width)
        small = drawn.convert("RGB").resize((width, round(drawn.height * width / drawn.width)), Image.Resampling.LANCZOS)
        small.quantize(GALLERY_COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def draw_gallery() -> None:
    """All pictures of the gallery that are not there; remove one that has changed to have it drawn anew."""
    folder = ROOT / "docs" / "gallery"
    folder.mkdir(exist_ok=True)
    for name in GALLERY:
        if not (folder / f"{name}.png").exists():
            draw_for_gallery(name, folder)


PAGES = {
    "functions.md": functions_page,
    "cli.md": cli_page,
    "accuracy.md": accuracy_page,
    "gallery.md": gallery_page,
    "architecture.svg": picture,
    "rules.md": lambda: GENERATED + rules_page(),
}
TABLES = {
    "checks": checks_table,
    "reference": reference,
    "floors": floors_table,
    "contracts": contracts_list,
    "life": life_table,
    "lifted": lifted_table,
    "limits": limits_table,
    "unlifted": not_lifted_table,
}


LONG = re.compile(r"(?<![\w.])\d+\.\d{14,16}(?!\d)")  # a float with all its digits
ESTIMATED = re.compile(r"(differences of f give \S+ ±) \S+")


def portable(text: str) -> str:
    """A text without what depends on the processor: the last digits of floats, and how far values scatter."""
    return ESTIMATED.sub(r"\1 …", LONG.sub(lambda found: f"{float(found[0]):.10g}…", text))


def stale(check: bool, names: Sequence[str] = ()) -> Iterator[str]:
    """The documents that are not true, of those named or of all; unless `check`, they are once this has run."""
    for document in documents():
        if names and document.name not in names:
            continue
        text = truth(document)
        if not document.exists() or portable(text) != portable(document.read_text(encoding="utf-8")):
            if not check:
                document.write_text(text, encoding="utf-8")
            yield str(document.relative_to(ROOT))


def main() -> int:
    check, names = "--check" in sys.argv[1:], [Path(word).name for word in sys.argv[1:] if not word.startswith("-")]
    if not check and not names:
        draw_gallery()
    names = list(stale(check, names))
    for name in names:
        print(f"{name} {'is not true' if check else 'written'}")
    return 1 if check and names else 0


if __name__ == "__main__":
    sys.exit(main())
