"""A Dask cluster's hands: the same units and the same function as on this machine, behind the executor that Dask offers.

Dask sends pickles: who reaches the scheduler runs code on its workers and on its clients. Certificates are Dask's own settings.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import Any

from diffcheck.errors import InputError, LostError
from diffcheck.suites.dispatch import Hands
from diffcheck.versions import versions

CHUNK = 20  # units: some seconds of work, against milliseconds for sending them
CHUNKS_A_THREAD = 2  # under way, so that nobody waits for us
TIMEOUT_SECONDS = 10
REFUSALS = (OSError, ValueError, TypeError, RuntimeError)  # what Dask raises for an address, for certificates, and where nobody answers
GIVEN_UP = "its scheduler has stopped, or its workers died over them again and again"
GO_ON = "What is done is kept where there is -o FILE: repeat the command with --resume."


@contextmanager
def cluster_hands(address: str) -> Iterator[Hands]:
    """The workers of the scheduler at an address such as tcp://host:8786, each thread with a process of its own to supervise.

    Raises InputError where there is no such scheduler, or its workers have other versions of what decides on verdicts; LostError
    where the scheduler goes away.
    """
    client = _connected(address)
    try:
        threads = sum(client.nthreads().values())
        _require_same_versions(client, address)
        yield Hands(client.get_executor(pure=False), CHUNK, CHUNKS_A_THREAD * threads)
    except _losses() as error:
        raise LostError("crashed", f"the Dask cluster at {address} gave cases up: {GIVEN_UP}\n{GO_ON}") from error
    finally:
        client.close(timeout=TIMEOUT_SECONDS)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler needs Dask, which is not installed", "Install it: pip install 'diffcheck-ad[dask]'.") from error
    for name in ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what it says of a lost connection is a traceback
    try:
        return Client(address, timeout=TIMEOUT_SECONDS, set_as_default=False)
    except REFUSALS as error:
        problem = f"there is no connection to a Dask scheduler at {address}: {_reason(error)}"
        raise InputError(problem, "Write --scheduler tcp://host:8786, or tls://host:8786 with Dask's settings for certificates.") from error


def _reason(error: BaseException) -> str:
    """What went wrong first: Dask wraps it in time-outs."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _losses() -> tuple[type[BaseException], ...]:
    """What Dask raises for work that does not come back: its scheduler is gone, or too many workers have died over it."""
    from distributed import KilledWorker
    from distributed.comm import CommClosedError

    return CancelledError, CommClosedError, KilledWorker


def _require_same_versions(client: Any, address: str) -> None:
    theirs = client.run(versions)
    if not theirs:
        raise InputError(f"the scheduler at {address} has no workers", "Start some: dask worker tcp://host:8786.")
    for worker, found in theirs.items():
        for name, version in versions().items():
            if found[name] != version:
                raise InputError(f"{worker} has {name} {found[name]}, and this machine {version}", "Install the same versions everywhere.")
