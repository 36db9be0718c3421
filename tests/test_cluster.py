"""A Dask cluster on this machine: the same results as without it, also when one of its workers is killed on the way."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import UNDECIDED, USAGE, diffcheck, process, started
from test_runs import JSONL, journal_lines, results, suite, wait_for

CASES = 44
HOST = "127.0.0.1"


def scheduler_started(directory: Path, protocol: str = "tcp", port: str = "0") -> tuple[subprocess.Popen[bytes], str]:
    """A scheduler without workers, and its address."""
    file = directory / "scheduler.json"
    file.unlink(missing_ok=True)
    words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", f"{protocol}://{HOST}", "--port", port, "--no-dashboard"]
    running = subprocess.Popen([*words, "--scheduler-file", str(file)], stderr=subprocess.DEVNULL)
    wait_for(lambda: file.exists() and file.read_text().strip().endswith("}"))
    return running, json.loads(file.read_text())["address"]


def workers_started(scheduler: str, directory: Path, count: int) -> list[subprocess.Popen[bytes]]:
    """Worker processes of one thread each, when they are there."""
    from distributed import Client

    words = [sys.executable, "-m", "distributed.cli.dask_worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    running = [subprocess.Popen([*words, "--local-directory", str(directory)], stderr=subprocess.DEVNULL) for _ in range(count)]
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)
    return running


def ended(*processes: subprocess.Popen[bytes]) -> None:
    for each in processes:
        each.kill()
        each.wait()


@pytest.fixture(name="scheduler")
def scheduler_fixture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler without workers."""
    running, address = scheduler_started(tmp_path_factory.mktemp("scheduler"))
    yield address
    ended(running)


@pytest.fixture(name="workers")
def workers_fixture(scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = workers_started(scheduler, tmp_path_factory.mktemp("workers"), 2)
    yield running
    ended(*running)


def test_a_cluster_gives_the_same_results_though_a_worker_is_killed(
    scheduler: str, workers: list[subprocess.Popen[bytes]], tmp_path: Path
) -> None:
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
    found = diffcheck("run", str(suite(tmp_path, 4)), "--scheduler", scheduler)
    assert (found.code, found.stdout) == (USAGE, "")
    assert "has no workers" in found.stderr


def test_a_scheduler_that_is_not_there_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcheck.suites.cluster.TIMEOUT_SECONDS", 0.5)
    found = diffcheck("run", str(suite(tmp_path, 4)), "--scheduler", "tcp://127.0.0.1:1")
    assert (found.code, found.stdout) == (USAGE, "")
    assert "error: there is no connection to a Dask scheduler at tcp://127.0.0.1:1: " in found.stderr


# With certificates


@pytest.fixture(name="certified")
def certified_fixture(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a certificate that docs/suites.md makes, and Dask told of it by the variables that it names."""
    import dask

    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    page = (Path(__file__).parent.parent / "docs" / "suites.md").read_text(encoding="utf-8")
    (making,) = re.findall(r"^(openssl req .*)$", page, re.MULTILINE)
    settings = re.findall(r"^export (DASK_\w+)=(\S+)$", page, re.MULTILINE)
    directory = tmp_path_factory.mktemp("certificates")
    subprocess.run(making.split(), cwd=directory, capture_output=True, check=True)
    for name, value in settings:
        monkeypatch.setenv(name, value.replace("$PWD", str(directory)))
    dask.config.refresh()
    return directory


@pytest.fixture(autouse=True)
def refreshed() -> Iterator[None]:
    """Dask reads the environment when it is imported: after a test with other variables it must read again."""
    yield
    import dask

    dask.config.refresh()


def test_with_certificates_a_run_goes_on_though_the_scheduler_is_started_again(certified: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    suite(tmp_path / "run", 2 * CASES)
    first, address = scheduler_started(tmp_path, "tls")
    assert address.startswith("tls://")
    words = ["run", "suite.jsonl", "--scheduler", address, *JSONL]
    workers = workers_started(address, tmp_path / "workers", 1)
    run = started(words, tmp_path / "run")
    wait_for(lambda: journal_lines(tmp_path / "run") > 1)
    ended(first)
    _, said = run.communicate(timeout=120)
    assert (run.returncode, said.count("\n")) == (UNDECIDED, 2), said
    assert said.startswith(f"error: the Dask cluster at {address} gave cases up: ")

    second, _ = scheduler_started(tmp_path, "tls", address.rpartition(":")[2])
    workers += workers_started(address, tmp_path / "workers", 1)
    resumed = process([*words, "--resume"], tmp_path / "run")
    ended(second, *workers)
    assert f"{2 * CASES} cases at " in resumed.stderr
    found = results(tmp_path / "run")
    (tmp_path / "run" / "results.jsonl").unlink()
    process(["run", "suite.jsonl", *JSONL], tmp_path / "run")
    assert found == results(tmp_path / "run")


def test_without_the_certificate_nobody_is_let_in(certified: Path, tmp_path: Path) -> None:
    running, address = scheduler_started(tmp_path, "tls")
    path = suite(tmp_path, 4)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=stranger", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=stranger,
        capture_output=True,
        check=True,
    )
    theirs = {f"DASK_DISTRIBUTED__COMM__TLS__CLIENT__{what.upper()}": str(stranger / f"{what}.pem") for what in ("cert", "key")}
    plain = address.replace("tls://", "tcp://")
    nothing = {name: value for name, value in os.environ.items() if not name.startswith("DASK_")}
    for at, environment in ((address, {**os.environ, **theirs}), (address, nothing), (plain, dict(os.environ)), (plain, nothing)):
        found = process(["run", str(path), "--scheduler", at], tmp_path, env=environment)
        assert (found.code, found.stdout) == (USAGE, ""), found.stderr
        assert found.stderr.startswith(f"error: there is no connection to a Dask scheduler at {at}: ")
        assert found.stderr.count("\n") == 2
    ended(running)
