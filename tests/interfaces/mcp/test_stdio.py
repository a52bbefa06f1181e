"""The server as an assistant starts it: a process, asked over its standard input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from tests.mcp.loop import wait_for

LONG = {"photograph": "sample:harbour", "paintings": ["sample:glass"], "size": 256, "values": {"steps": 5000}}
SHORT = {"photograph": "sample:harbour", "paintings": ["sample:glass"], "size": 48}


def test_progress_is_told_and_what_is_cancelled_ends_without_a_file(tmp_path: Path) -> None:
    told: list[tuple[float, float | None, str | None]] = []
    first = anyio.Event()

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))
        if len(told) == 3:
            first.set()

    async def run() -> Any:
        server = StdioServerParameters(command=sys.executable, args=["-m", "pincel", "mcp", str(tmp_path), "--device", "cpu"])
        async with Client(stdio_client(server)) as client:
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:

                    async def end() -> None:
                        await first.wait()
                        scope.cancel()

                    group.start_soon(end)
                    await client.call_tool("transfer", LONG, progress_callback=tell)
            # It comes after the one that ends: there is one job at a time.
            return await client.call_tool("stylize", SHORT)

    answer = wait_for(run)
    assert answer.structured_content["path"] == "harbour-glass.png"
    assert {path.name for path in tmp_path.iterdir()} == {"harbour-glass.png", "harbour-glass.json"}
    shares = [progress for progress, _, _ in told]
    assert shares == sorted(set(shares))
    assert all(total == 1 for _, total, _ in told)
    assert any("step" in str(message) for _, _, message in told)
