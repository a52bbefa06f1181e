"""Install torch into the environment of this Python, in the build for this machine.

::

    .venv/bin/python scripts/install_torch.py UV

Without a GPU that is the build for processors; on Linux the default index has the one for NVIDIA, with gigabytes of CUDA libraries. uv
takes the right one from the index of PyTorch (``--torch-backend auto``). Where that cannot be reached, torch comes from the default
index, or the folder in UV_FIND_LINKS. What will be downloaded is said first.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CONSTRAINTS = Path(__file__).parents[1] / "constraints.txt"
# Downloads in megabytes: torch for processors, torch with CUDA, all else that pincel[studio,studies,weights] needs.
CPU, CUDA, OTHERS = 190, 3000, 115


def plan(command: list[str]) -> tuple[list[str], str]:
    """Return the arguments by which torch can be installed, and what uv would install by them.

    Raises:
        CalledProcessError: If torch is to be had nowhere; its ``stderr`` says why.
    """
    # Whoever has no way to the index should not wait for it.
    environment = {**os.environ, "UV_HTTP_RETRIES": "1"}
    backend = ["--torch-backend", "auto"]
    found = subprocess.run([*command, "--dry-run", *backend], env=environment, capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return backend, found.stderr
    return [], subprocess.run([*command, "--dry-run"], capture_output=True, text=True, check=True).stderr


def message(planned: str) -> str:
    """Return what is said before a download; nothing if torch is there.

    Args:
        planned: What uv would install, such as ``+ torch==2.13.0+cpu`` on a line.
    """
    lines = planned.splitlines()
    torch = next((line.removeprefix(" + torch==") for line in lines if line.startswith(" + torch==")), "")
    cuda = any(line.startswith((" + nvidia-", " + cuda-")) for line in lines)
    if not torch:
        return ""
    build = "with the CUDA libraries for NVIDIA GPUs" if cuda else "without CUDA libraries"
    return f"Installing torch {torch} {build}, about {CUDA if cuda else CPU:,} MB to download, and about {OTHERS} MB of other libraries."


def main() -> int:
    """Install torch; return the exit code."""
    command = [sys.argv[1], "pip", "install", "--python", sys.executable, "-c", str(CONSTRAINTS), "torch"]
    try:
        backend, planned = plan(command)
    except subprocess.CalledProcessError as error:
        print(error.stderr, file=sys.stderr)
        return 2
    if said := message(planned):
        print(said, flush=True)
    return subprocess.run([*command, "--quiet", *backend], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
