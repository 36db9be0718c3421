"""A Dask cluster's hands: the same units and the same function as on this machine, behind the executor that Dask offers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from diffcheck.errors import InputError
from diffcheck.suites.dispatch import Hands
from diffcheck.versions import versions

CHUNK = 20  # units: some seconds of work, against milliseconds for sending them
CHUNKS_A_THREAD = 2  # under way, so that nobody waits for us
TIMEOUT_SECONDS = 10


@contextmanager
def cluster_hands(address: str) -> Iterator[Hands]:
    """The workers of the scheduler at an address such as tcp://host:8786, each thread with a process of its own to supervise.

    Raises InputError where there is no such scheduler, or its workers have other versions of what decides on verdicts.
    """
    client = _connected(address)
    try:
        threads = sum(client.nthreads().values())
        _require_same_versions(client, address)
        yield Hands(client.get_executor(pure=False), CHUNK, CHUNKS_A_THREAD * threads)
    finally:
        client.close(timeout=TIMEOUT_SECONDS)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler needs Dask, which is not installed", "Install it: pip install 'diffcheck-ad[dask]'.") from error
    try:
        return Client(address, timeout=TIMEOUT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"there is no Dask scheduler at {address}", "Write --scheduler tcp://host:8786.") from error


def _require_same_versions(client: Any, address: str) -> None:
    theirs = client.run(versions)
    if not theirs:
        raise InputError(f"the scheduler at {address} has no workers", "Start some: dask worker tcp://host:8786.")
    for worker, found in theirs.items():
        for name, version in versions().items():
            if found[name] != version:
                raise InputError(f"{worker} has {name} {found[name]}, and this machine {version}", "Install the same versions everywhere.")
