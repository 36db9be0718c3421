"""Constraints for pip: the lowest versions that pyproject.toml allows of the distributions named.

python .ci/lowest.py jax sympy > constraints.txt
"""

import re
import sys
import tomllib
from pathlib import Path

dependencies = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
bounds = dict(found.groups() for each in dependencies if (found := re.match(r"([\w-]+)>=([\d.]+)", each)))
for name in sys.argv[1:]:
    print(f"{name}=={bounds[name]}")
