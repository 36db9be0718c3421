"""The lowest versions that pyproject.toml allows, in an environment of their own, with the tests that are quick.

    python tests/lowest_versions.py                   make the environment in a temporary directory, run the tests, and exit as they do
    python tests/lowest_versions.py --show            print the versions only
    python tests/lowest_versions.py --show jax sympy  print those of these packages, as constraints for pip

What pip has no option for: each requirement `name>=1.2` becomes `name==1.2`. A bound that is too low for another package, or for
diffcheck, shows as a conflict or as a failure.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("pytest", "hypothesis", "jsonschema", "mpmath")  # for the tests; any version
QUICK = (  # every library at work: parser, engines, files, schema, terminal, pictures
    *("test_json", "test_suites_toml", "test_public_api", "test_language", "test_terminal", "test_configuration", "test_cli_errors"),
    *("test_plot", "test_check_jax"),
)


def lowest() -> list[str]:
    """The requirements of diffcheck itself, each at its lower bound."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [_lowest(requirement) for requirement in project["dependencies"]]


def _lowest(requirement: str) -> str:
    found = re.fullmatch(r"([\w.-]+)>=([\d.]+)(,<[\d.]+)?", requirement)
    if found is None:
        raise ValueError(f"{requirement!r} has no lower bound")
    return f"{found[1]}=={found[2]}"


def environment(directory: Path, *packages: str) -> Path:
    """The interpreter of a new environment with these packages."""
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
    return python


def main() -> int:
    if sys.argv[1:2] == ["--show"]:
        named = sys.argv[2:]
        print("\n".join(each for each in lowest() if not named or each.partition("==")[0] in named))
        return 0
    with tempfile.TemporaryDirectory() as directory:
        python = environment(Path(directory), *lowest(), *TOOLS)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", str(ROOT)], check=True)
        tests = [str(ROOT / "tests" / f"{name}.py") for name in QUICK]
        return subprocess.run([python, "-m", "pytest", "-p", "no:cacheprovider", *tests], cwd=directory, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
