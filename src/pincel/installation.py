"""How pincel was installed in this environment, and the command that installs more into it.

Installers note where a package came from in ``direct_url.json`` (PEP 610): a folder, editable or not, a file, an address. A package from an
index has no such note.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, requires
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


@dataclass(frozen=True)
class Origin:
    """Where an installed package came from.

    Attributes:
        place: A folder or a wheel on the disk; None from elsewhere.
        editable: Whether the code runs from that folder.
        url: Another address; empty from an index.
    """

    place: Path | None = None
    editable: bool = False
    url: str = ""


def origin(package: str = "pincel") -> Origin:
    """Return where a package came from; as from an index where nothing is known."""
    try:
        note = json.loads(distribution(package).read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, OSError, ValueError):
        return Origin()
    url = note.get("url", "")
    if urlsplit(url).scheme == "file":
        return Origin(Path(url2pathname(urlsplit(url).path)), note.get("dir_info", {}).get("editable", False))
    control = note.get("vcs_info")
    return Origin(url=f"{control['vcs']}+{url}@{control['commit_id']}" if control else url)


def extra_command(extra: str) -> str:
    """Return the command that installs an extra of pincel into this environment, from where pincel itself came.

    Args:
        extra: Its name in ``pyproject.toml``, such as ``video``.
    """
    source = origin()
    if source.place is None:
        return install_command(f"pincel[{extra}] @ {source.url}" if source.url else f"pincel[{extra}]")
    if source.place.exists():
        return install_command(*(["-e"] if source.editable else []), f"{_shown(source.place)}[{extra}]")
    # The wheel was removed since: what the extra asks for, by name.
    wanted = (each for each in requires("pincel") or [] if re.search(rf"extra == .{extra}\b", each))
    return install_command(*(each.partition(";")[0].strip() for each in wanted))


def install_command(*arguments: str) -> str:
    """Return the command that installs something into this environment: with its own pip, or with uv where it has none.

    Args:
        arguments: Of ``pip install``; quoted for a shell where it needs that.
    """
    python = _quoted(_shown(Path(sys.executable)))
    start = f"{python} -m pip install" if find_spec("pip") else f"{_quoted(_uv())} pip install --python {python}"
    return " ".join([start, *map(_quoted, arguments)])


def _uv() -> str:
    """Return the name of uv: on the path, or the copy that ``make`` keeps in a clone."""
    place = origin().place
    copy = place / ".tools" / "bin" / "uv" if place else None
    return _shown(copy) if copy and copy.is_file() and not shutil.which("uv") else "uv"


def _shown(path: Path) -> str:
    """Return a path as seen from the current folder if it is below it; whole otherwise."""
    try:
        below = path.relative_to(Path.cwd())
    except (ValueError, OSError):  # elsewhere, or the current folder was removed
        return str(path)
    # Installers take a name without a folder for one of an index.
    return os.path.join(".", below) if len(below.parts) == 1 else str(below)


def _quoted(text: str) -> str:
    """Quote a word where a shell needs that."""
    if os.name == "nt":
        return f'"{text}"' if set(text) & set(" []&<>@") else text
    return shlex.quote(text)
