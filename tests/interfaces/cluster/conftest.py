"""A real Ray with two workers, for all tests of a process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from pincel.cluster.address import Cluster, join

# A process of its own: Ray leaves the programs it starts to be reaped by nobody, which pytest minds.
HEAD = """
import sys
from pincel.cluster.address import join

cluster = join("local", cores=2)
print(cluster.ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
cluster.close()
"""


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Start Ray on this machine, as ``--cluster auto`` does where there is none, and join it."""
    pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        # Without it Ray would write a token into the user's home.
        patch.setenv("RAY_AUTH_MODE", "disabled")
        head = subprocess.Popen([sys.executable, "-c", HEAD], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert head.stdout is not None
        try:
            joined = join(head.stdout.readline().strip())
            yield joined
            joined.close()
        finally:
            head.communicate(timeout=120)
