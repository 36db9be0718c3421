"""A Dask cluster on this machine: the same results as without it, also when one of its workers is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import USAGE, diffcheck, process, started
from test_runs import JSONL, journal_lines, results, suite, wait_for

CASES = 44
DASK = [sys.executable, "-m", "distributed.cli.dask_worker"]


@pytest.fixture(name="scheduler")
def scheduler_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler without workers."""
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    running = subprocess.Popen([*words, "--scheduler-file", str(file)], stderr=subprocess.DEVNULL)
    wait_for(lambda: file.exists() and file.read_text().strip().endswith("}"))

    yield json.loads(file.read_text())["address"]
    running.kill()
    running.wait()


@pytest.fixture(name="workers")
def workers_fixture(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Two worker processes of one thread each."""
    directory = tmp_path_factory.mktemp("workers")
    words = [*DASK, scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(directory)]
    running = [subprocess.Popen(words, stderr=subprocess.DEVNULL) for _ in range(2)]
    yield running
    for each in running:
        each.kill()
        each.wait()


def test_a_cluster_gives_the_same_results_though_a_worker_is_killed(
    scheduler: str, workers: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    from distributed import Client

    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
    suite(tmp_path, CASES)
    run = started(["run", "suite.jsonl", "--scheduler", scheduler, *JSONL], tmp_path)
    wait_for(lambda: journal_lines(tmp_path) > 1)
    time.sleep(0.1)
    os.kill(workers[0].pid, signal.SIGKILL)
    _, said = run.communicate(timeout=120)
    assert f"{CASES} cases at " in said
    found = results(tmp_path)
    (tmp_path / "results.jsonl").unlink()
    process(["run", "suite.jsonl", *JSONL], tmp_path)
    assert found == results(tmp_path)


def test_a_cluster_without_workers_is_one_error(scheduler: str, tmp_path: Path) -> None:
    ended = diffcheck("run", str(suite(tmp_path, 4)), "--scheduler", scheduler)
    assert (ended.code, ended.stdout) == (USAGE, "")
    assert "has no workers" in ended.stderr


def test_a_scheduler_that_is_not_there_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcheck.suites.cluster.TIMEOUT_SECONDS", 0.5)
    ended = diffcheck("run", str(suite(tmp_path, 4)), "--scheduler", "tcp://127.0.0.1:1")
    assert (ended.code, ended.stdout) == (USAGE, "")
    assert "error: there is no Dask scheduler at tcp://127.0.0.1:1\n" in ended.stderr
