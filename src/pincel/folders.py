"""Where what belongs to the user is kept: caches and data. Without a home, as in many containers, in the temporary folder."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Return the folder for what can be made again; it need not exist, nor be writable."""
    return _user_folder(platformdirs.user_cache_dir, ".cache")


def data_folder() -> Path:
    """Return the folder for what the user wants kept: imported networks, the studio's gallery; it need not exist, nor be writable."""
    return _user_folder(platformdirs.user_data_dir, ".local/share")


def expanded(text: str) -> Path:
    """Return the path that a text stands for: ``~`` is the user's home, or the folder used instead where there is none."""
    path = os.path.expanduser(text)
    return without_home() / path[2:] if path.startswith("~/") else Path(path)


def _user_folder(find: Callable[[str], str], below_home: str) -> Path:
    # Where the home is unknown, platformdirs raises or, before 4.9, returns a path that begins with ~.
    with suppress(RuntimeError):
        folder = find("pincel")
        if not folder.startswith("~"):
            return Path(folder)
    # As platformdirs has it where HOME is that folder, to which the command line sets it.
    return without_home() / below_home / "pincel"


@cache
def without_home() -> Path:
    """Return the folder of a user who has no home: the same for all processes of this user, and writable by nobody else.

    Where another user has taken its name it is a new one, for this process alone; where nothing can be written it is none that could be
    made, so that whoever keeps something there is refused by the system and says so.
    """
    # Systems without user numbers give each user a temporary folder.
    user = os.getuid() if hasattr(os, "getuid") else 0
    try:
        folder = Path(tempfile.gettempdir()) / f"pincel-{user}"
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        own = stat.S_ISDIR(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == user) and not status.st_mode & 0o022
        return folder if own else Path(tempfile.mkdtemp(prefix="pincel-"))
    except OSError:
        return Path(os.devnull, "pincel")
