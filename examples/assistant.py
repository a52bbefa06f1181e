"""Ask pincel's server as an assistant does: start it, call three tools, show progress, and put what they made side by side.

``python examples/assistant.py`` writes assistants.jpg; it needs pincel[mcp].
"""

import sys
import tempfile
from pathlib import Path

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from PIL import Image

PICTURES = {"photograph": "sample:harbour", "paintings": ["sample:impasto"]}
CALLS = (
    ("transfer", {**PICTURES, "size": 384, "strength": 1.2}),
    ("stylize", {**PICTURES, "size": 384}),
    ("match_colors", {"picture": "sample:harbour", "colors_of": "sample:impasto"}),
)


async def show(progress: float, total: float | None, message: str | None) -> None:
    """Print how far a tool is."""
    print(f"{progress / (total or 1):4.0%} {message}")


async def main(output: str) -> None:
    """Call the tools, and save a sheet of their pictures."""
    with tempfile.TemporaryDirectory() as folder:
        server = StdioServerParameters(command=sys.executable, args=["-m", "pincel", "mcp", folder])
        pictures = []
        async with Client(stdio_client(server)) as client:
            for tool, arguments in CALLS:
                answer = await client.call_tool(tool, arguments, progress_callback=show)
                values = answer.structured_content or {}
                print(tool, values)
                pictures.append(Image.open(Path(folder) / values["path"]).convert("RGB").resize((384, 288)))
        sheet = Image.new("RGB", (3 * 384 + 16, 288), "white")
        for place, picture in enumerate(pictures):
            sheet.paste(picture, (place * 392, 0))
        sheet.save(output, quality=88)


if __name__ == "__main__":
    anyio.run(main, sys.argv[1] if len(sys.argv) > 1 else "assistants.jpg")
