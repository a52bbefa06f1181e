"""Devices are named, and one that is not there is told."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from pincel.engine import device as module
from pincel.engine.device import available_devices, peak_memory, resolve_device, use_threads
from pincel.errors import DeviceError

# A process computes with two threads and forks; what the child has to say comes through a pipe. OpenMP's threads do not survive a fork.
FORKED = """
import os, signal, torch
torch.set_num_threads(2)
from pincel.engine.device import resolve_device, use_threads
def computed():
    resolve_device("cpu")
    return torch.nn.functional.conv2d(torch.ones(1, 16, 96, 96), torch.ones(16, 16, 3, 3)).sum() + torch.ones(10**6).exp().sum()
{before}
read, write = os.pipe()
child = os.fork()
if not child:
    signal.alarm(30)
    use_threads(2)
    os.write(write, f"{{torch.get_num_threads()}} {{bool(computed() > 0)}}".encode())
    os._exit(0)
os.close(write)
print(os.read(read, 100).decode(), torch.get_num_threads())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")
@pytest.mark.parametrize(("before", "threads"), [("computed()", 1), ("", 2)])
def test_a_process_forked_from_one_that_has_computed_has_one_thread(before: str, threads: int) -> None:
    command = [sys.executable, "-c", FORKED.format(before=before)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (answer.stdout.split(), answer.stderr) == ([str(threads), "True", "2"], "")


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_that_was_in_use_before_the_fork_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_used_before_fork", {"cuda", "cpu"})
    with pytest.raises(DeviceError, match=r"^Device 'cuda:0' cannot be used in a process forked from .*'spawn'.*'cpu'\.$"):
        resolve_device("auto")
    assert resolve_device("cpu") == torch.device("cpu")


def test_threads_are_as_many_as_asked_for() -> None:
    use_threads(3)
    assert torch.get_num_threads() == 3


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a machine with a processor only."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a machine with two CUDA devices."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_the_processor_is_always_there(name: str) -> None:
    assert available_devices() == ["cpu"]
    assert resolve_device(name) == torch.device("cpu")


@pytest.mark.usefixtures("two_gpus")
@pytest.mark.parametrize(("name", "index"), [("auto", 0), ("cuda", 0), ("cuda:0", 0), ("cuda:1", 1)])
def test_gpus_are_numbered(name: str, index: int) -> None:
    assert available_devices() == ["cuda:0", "cuda:1", "cpu"]
    assert resolve_device(name) == torch.device("cuda", index)


def test_auto_takes_the_gpu_of_a_mac(monkeypatch: pytest.MonkeyPatch, no_gpu: None) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert available_devices() == ["mps", "cpu"]
    assert resolve_device("auto") == torch.device("mps")


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "tpu", "", "CPU", "cpu:0"])
def test_a_device_that_is_not_there_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceError, match=rf"^Device '{name}' is not on this machine \(here: auto, cpu\)\.$"):
        resolve_device(name)


@pytest.mark.usefixtures("two_gpus")
def test_a_third_of_two_gpus_is_told() -> None:
    with pytest.raises(DeviceError, match=r"^Device 'cuda:2' .*\(here: auto, cuda:0, cuda:1, cpu\)\.$"):
        resolve_device("cuda:2")


def test_peak_memory_is_in_bytes() -> None:
    # More than a bare interpreter, less than any machine has.
    assert 30 * 2**20 < peak_memory(torch.device("cpu")) < 2**42
