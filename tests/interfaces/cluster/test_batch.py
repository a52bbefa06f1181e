"""A batch on a real Ray, whose driver and whose workers are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pincel.batches.jobs import gather_jobs
from pincel.batches.manifest import MANIFEST
from pincel.batches.messages import Job, JobResult, MachineOptions, Message
from pincel.batches.run import run_batch
from pincel.cluster.address import Cluster
from pincel.cluster.batch import RayBatch
from pincel.executors.protocol import ExecutorEvent

SETTINGS = {"size": 48, "steps": 2, "scales": {}}
MACHINE = MachineOptions(device="cpu", precision="fp32")

DRIVER = """
import json, sys
from pathlib import Path
from pincel.batches.run import run_batch
from pincel.cluster.batch import RayBatch
from tests.interfaces.cluster.test_batch import MACHINE, JobResult, jobs_in

folder, address, *contents = sys.argv[1:]
executor = RayBatch(folder, address, 1, MACHINE)
for_all = lambda message: isinstance(message, JobResult) and print(message.name, flush=True)
run_batch(jobs_in(Path(folder), contents), executor, Path(folder), for_all)
"""


def jobs_in(folder: Path, contents: list[str]) -> list[Job]:
    return gather_jobs(contents, ["sample:impasto", "sample:woodcut"], folder, settings=SETTINGS)


def killed_driver(folder: Path, address: str, contents: list[str]) -> str:
    """Paint in a process of its own, kill that when the first picture is done, and return its name."""
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(folder), address, *contents], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    try:
        return driver.stdout.readline().strip()
    finally:
        driver.send_signal(signal.SIGKILL)
        driver.communicate()


def test_a_batch_outlives_its_driver_and_its_workers(cluster: Cluster, photographs: list[Path], tmp_path: Path) -> None:
    address = cluster.ray.get_runtime_context().gcs_address
    contents = [str(path) for path in photographs[:2]]
    first = killed_driver(tmp_path, address, contents)
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.png")}
    assert first in before

    told: list[Message] = []
    victims: list[int] = []

    def watch(message: Message) -> None:
        told.append(message)
        if not victims:
            # It is at this picture, or has just begun the next.
            victims.append(int(message.worker.split()[-1]))
            os.kill(victims[0], signal.SIGKILL)

    jobs = jobs_in(tmp_path, contents)
    executor = RayBatch(str(tmp_path), address, 2, MACHINE)
    summary = run_batch(jobs, executor, tmp_path, watch)
    executor.close()
    assert victims
    names = {job.name for job in jobs}
    results = [message.name for message in told if isinstance(message, JobResult)]
    assert first in summary.kept
    assert summary.kept <= set(before)
    assert sorted(results) == sorted(names - summary.kept)
    assert {result.state for result in summary.results.values()} == {"done"}
    assert set(summary.results) == names
    assert {path.name for path in tmp_path.glob("*.png")} == names
    assert all((tmp_path / name).stat().st_mtime_ns == before[name] for name in summary.kept)
    # Nothing half written is left.
    assert {path.name for path in tmp_path.glob(".pincel-*")} <= {".pincel-batch.lock"}
    entries = [json.loads(line)["name"] for line in (tmp_path / MANIFEST).read_text().splitlines()]
    assert sorted(entries) == sorted(names)
    assert len({result.worker for result in summary.results.values()}) >= 2


@pytest.mark.usefixtures("cluster")
def test_nothing_is_started_for_no_jobs(tmp_path: Path) -> None:
    executor = RayBatch(str(tmp_path), "auto", 1)
    told: list[ExecutorEvent[Job]] = []
    executor.run([], told.append)
    assert told == []
    executor.close()
