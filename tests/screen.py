"""A terminal of a test: a process writes to a pseudo-terminal, and what its screen shows in the end is read."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Sequence
from pathlib import Path

from command_line import command

_PART = re.compile(r"\x1b\[(\??[\d;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def on_a_terminal(arguments: Sequence[str], directory: Path, columns: int = 80, rows: int = 40) -> tuple[int, str]:
    """The exit code, and all that was written: standard output and standard error are the same terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR", "CI")}
    ends = {"stdin": subprocess.DEVNULL, "stdout": theirs, "stderr": theirs}
    with subprocess.Popen(command(*arguments), cwd=directory, env={**environment, "TERM": "xterm"}, **ends) as process:
        os.close(theirs)
        written = _read(ours)
    return process.returncode, written


def _read(descriptor: int) -> str:
    """Everything, up to the end; Linux calls it an error."""
    found = b""
    try:
        while part := os.read(descriptor, 65_536):
            found += part
    except OSError:
        pass
    os.close(descriptor)
    return found.decode()


def shown(written: str, columns: int = 80) -> list[str]:
    """The lines of a screen that never ends, as a terminal shows them: longer ones go on in the next."""
    screen, row, column = [""], 0, 0
    for code, letter, end, text in _PART.findall(written):
        if letter == "A":
            row = max(0, row - int(code or 1))
        elif letter == "K":
            screen[row] = "" if code == "2" else screen[row][:column]
        elif end == "\r":
            column = 0
        elif end:
            row += 1
        for each in text:
            if column == columns:
                row, column = row + 1, 0
            screen += [""] * (row + 1 - len(screen))
            screen[row] = screen[row][:column].ljust(column) + each + screen[row][column + 1 :]
            column += 1
        screen += [""] * (row + 1 - len(screen))
    return [line.rstrip() for line in screen]
