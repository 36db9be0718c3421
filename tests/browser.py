"""A headless Chromium, if one is installed, driven over a pipe by the DevTools protocol: no driver and no library is needed.

DIFFCHECK_CHROMIUM names it; else the usual names are looked for on the path.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chrome-headless-shell")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe")
# a browser reads commands from descriptor 3, and writes answers to 4
START = """
import fcntl, os, sys
for number, given in zip((3, 4), [fcntl.fcntl(int(word), fcntl.F_DUPFD, 64) for word in sys.argv[1:3]]):
    os.dup2(given, number)
os.execv(sys.argv[3], sys.argv[3:])
"""
INSTALLED = os.environ.get("DIFFCHECK_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """A page that is open: what it is asked is answered before the next line runs."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers, self._count, self._rest = commands, answers, 0, b""
        self.errors: list[str] = []
        self._session: str | None = None

    def open(self, path: Path, width: int, height: int, dark: bool = False) -> None:
        """A file at this size, and wait until it is loaded."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Runtime.enable")
        self.ask("Page.enable")
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.ask("Page.navigate", url=path.as_uri())
        while self.run("document.readyState") != "complete" or self.run("location.href") == "about:blank":
            pass

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def mouse(self, kind: str, x: float, y: float) -> None:
        self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)

    def touch(self, kind: str, *places: tuple[float, float]) -> None:
        self.ask("Input.dispatchTouchEvent", type=kind, touchPoints=[{"x": x, "y": y} for x, y in places])

    def key(self, name: str) -> None:
        code = {"ArrowRight": 39, "ArrowLeft": 37, "Home": 36, "End": 35, "Tab": 9}[name]
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def ask(self, method: str, **parameters: Any) -> Any:
        """The answer to a command; what the page complains about meanwhile is kept."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(answer["params"]["exceptionDetails"]["text"])
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            piece = os.read(self._answers, 1 << 16)
            assert piece, "the browser has gone"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A browser of its own, which ends with the context."""
    assert INSTALLED is not None
    (their_input, commands), (answers, their_output) = os.pipe(), os.pipe()
    words = [sys.executable, "-c", START, str(their_input), str(their_output), INSTALLED, *OPTIONS, f"--user-data-dir={profile}"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, pass_fds=(their_input, their_output), stdin=quiet, stdout=quiet, stderr=quiet)
    os.close(their_input)
    os.close(their_output)
    try:
        yield Page(commands, answers)
    finally:
        process.kill()
        process.wait()
        os.close(commands)
        os.close(answers)
