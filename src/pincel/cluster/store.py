"""Files at addresses such as s3://bucket/photos/night.jpg, through fsspec: found, fetched, and written whole or not at all."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pincel.cluster.errors import first_line
from pincel.errors import ExtraMissingError, OptionError, OutputError, PictureMissingError, PincelError, unknown_name
from pincel.extras import require_extra
from pincel.files import natural_key, one_line, quoted
from pincel.images.folder import FolderListing, is_hidden
from pincel.images.formats import SUFFIXES, has_picture_suffix

# In these a file is there only when all of it is; a file cannot be renamed, only copied.
WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "hf", "memory"})
# What stores call that by which they tell the contents of files apart.
CONTENTS = ("ETag", "etag", "md5Hash", "content_md5", "crc32c", "checksum")
DATES = ("LastModified", "last_modified", "updated", "mtime", "created")
LIBRARIES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "az": "adlfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "http": "aiohttp",
    "https": "aiohttp",
}
STORES = WHOLE.union(LIBRARIES, {"file", "local", "sftp", "ssh", "ftp", "smb", "webhdfs", "hdfs"})
"""Those that may be named. fsspec knows others that read from a second store, which a file in the first one chooses: code of a template is
run, or any file of this machine is read."""
# Of a name that is written under until all is there.
PART = ".pincel-"
_MAGIC = re.compile(r"[*?\[]")


def is_address(place: str) -> bool:
    """Tell an address from a path.

    Example:
        >>> is_address("s3://bucket/photo.jpg"), is_address("photos/photo.jpg"), is_address("sample:harbour")
        (True, False, False)
    """
    return "://" in place


def joined(folder: str, name: str) -> str:
    """Return the address of a file in a folder, ``/`` between them once."""
    return f"{folder.rstrip('/')}/{name}"


@contextmanager
def plainly(what: str, place: str) -> Iterator[None]:
    """Say in one line what a store says in many, whatever it raises."""
    try:
        yield
    except PincelError:
        raise
    except FileNotFoundError as error:
        raise PictureMissingError(
            one_line(f"{what}: there is no such file", quoted(place), "an address of a file", "look at the address")
        ) from error
    except Exception as error:  # Each store has errors of its own.
        reason = first_line(error)
        accepted = "an address this machine may read and write"
        raise OutputError(one_line(f"{what}: the store refuses, {reason}", quoted(place), accepted, "its settings and rights")) from error


def opened(address: str) -> tuple[Any, str]:
    """Return the store an address is in, as fsspec knows it, and the path within it.

    Raises:
        ExtraMissingError: If fsspec, or what it needs for this store, is not installed.
        UnknownNameError: If there is no such store.
        OptionError: For an address inside another, such as simplecache::s3://bucket/photo.jpg.
    """
    fsspec: Any = require_extra("fsspec", extra="cluster", what="stores")
    protocol = address.partition("://")[0]
    if "::" in address:
        raise OptionError(one_line("store: an address inside another", quoted(address), "one address", "s3://bucket/folder"))
    if protocol not in STORES:
        raise unknown_name("store", protocol, sorted(STORES))
    try:
        store, path = fsspec.core.url_to_fs(address)
    except (ImportError, ValueError) as error:
        if protocol in fsspec.available_protocols() and not isinstance(error, ImportError):
            raise OptionError(
                one_line(f"store: {error}", quoted(address), "an address of a file or folder", "s3://bucket/folder")
            ) from error
        # Each store has a library of its own.
        library = LIBRARIES.get(protocol) or getattr(error, "name", None) or f"for {protocol}://"
        failed = f"store: the library {library} is not installed"
        raise ExtraMissingError(one_line(failed, quoted(address), f"{protocol}:// with its library", f"pip install {library}")) from error
    return store, path


def find(address: str, what: str, notify: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Find the pictures an address stands for: a file, those of a folder, or those after a pattern; a listing, not a question for each.

    Args:
        address: Of the file or folder, or a pattern.
        what: How messages call the pictures (``contents``).
        notify: Gets a sentence that says which files of a folder or a pattern are left out.

    Returns:
        Address of each → what tells its contents from others.

    Raises:
        PictureMissingError: If there are none.
        PincelError: If the store cannot be asked.
    """
    store, path = opened(address)
    with plainly(what, address):
        if _MAGIC.search(path):
            folder, infos = _MAGIC.split(path)[0].rpartition("/")[0], store.glob(path, detail=True)
        elif store.isdir(path):
            folder, infos = path, store.find(path, maxdepth=1, detail=True)
        else:
            return {address: _stamp(store.info(path))}
    files = sorted((name for name, info in infos.items() if info.get("type") == "file"), key=natural_key)
    reasons = {name: _reason_against(name, folder) for name in files}
    for note in FolderListing((), tuple((Path(name), reason) for name, reason in reasons.items() if reason)).notes:
        notify(note)
    stamps = {str(store.unstrip_protocol(name)): _stamp(infos[name]) for name, reason in reasons.items() if not reason}
    if not stamps:
        failed = f"{what}: no pictures ({', '.join(sorted(SUFFIXES))}) there"
        raise PictureMissingError(one_line(failed, quoted(address), "a picture, a folder or a pattern in a store", "another address"))
    return stamps


def _reason_against(name: str, folder: str) -> str:
    """Return why a file found in a folder of a store is not taken for a picture, by its name alone; nothing if it is taken for one."""
    parts = PurePosixPath(name).parts[len(PurePosixPath(folder).parts) :]
    if any(is_hidden(part) for part in parts):
        return "hidden"
    return "" if has_picture_suffix(name) else "not a picture"


def listed(folder: str) -> dict[str, str]:
    """Return address → what tells its contents from others, of all files in a folder and those below it; none if it is not there."""
    store, path = opened(folder)
    with plainly("store", folder):
        store.invalidate_cache(path)
        found = store.find(path, detail=True)
    return {str(store.unstrip_protocol(name)): _stamp(info) for name, info in found.items()}


def stamp_of(address: str) -> str:
    """Return what tells the contents of a file from others, without reading it; nothing for a file that is not there."""
    store, path = opened(address)
    try:
        with plainly("store", address):
            # What was listed before may have been written since.
            store.invalidate_cache(path.rpartition("/")[0])
            return _stamp(store.info(path))
    except PictureMissingError:
        return ""


def _stamp(info: Mapping[str, Any]) -> str:
    contents = next((f"{key} {info[key]}" for key in CONTENTS if info.get(key)), "")
    date = next((info[key] for key in DATES if info.get(key)), "")
    # Some stores say it in one way of a file, and in another in a listing.
    moment = date.timestamp() if isinstance(date, datetime) else date
    return contents or f"{info.get('size')} bytes of {f'{moment:.6f}' if isinstance(moment, float) else moment}"


def names(folder: str) -> list[str]:
    """Return the names of the files right in a folder; none if it is not there."""
    store, path = opened(folder)
    with plainly("store", folder):
        try:
            store.invalidate_cache(path)
            return sorted(PurePosixPath(each).name for each in store.ls(path, detail=False))
        except FileNotFoundError:
            return []


def fetch(address: str, folder: Path) -> Path:
    """Copy a file into a folder here, under its own name, and return its path; raises PincelError if that cannot be."""
    store, path = opened(address)
    here = folder / PurePosixPath(path).name
    with plainly("content", address):
        folder.mkdir(parents=True, exist_ok=True)
        part = here.with_name(f"{PART}{secrets.token_hex(6)}{here.suffix}")
        try:
            store.get_file(path, str(part))
            part.replace(here)
        finally:
            part.unlink(missing_ok=True)
    return here


def deliver(file: Path, address: str) -> None:
    """Copy a file to an address, where it is seen only when all of it is there; raises PincelError if that cannot be."""
    store, path = opened(address)
    with plainly("output", address):
        if protocols(store) & WHOLE:
            store.put_file(str(file), path)
            return
        above, name = path.rpartition("/")[::2]
        store.makedirs(above, exist_ok=True)
        part = f"{above}/{PART}{secrets.token_hex(6)}{PurePosixPath(name).suffix}"
        try:
            store.put_file(str(file), part)
            store.mv(part, path)
        finally:
            with suppress(Exception):
                if store.exists(part):
                    store.rm_file(part)


def write(text: str, address: str) -> None:
    """Write a text to an address, whole or not at all; raises PincelError if that cannot be."""
    with tempfile.TemporaryDirectory(prefix="pincel-") as folder:
        file = Path(folder) / PurePosixPath(address).name
        file.write_text(text, encoding="utf-8", newline="\n")
        deliver(file, address)


def remove(address: str) -> None:
    """Remove a file, if it is there."""
    store, path = opened(address)
    with plainly("output", address), suppress(FileNotFoundError):
        store.rm_file(path)


def check_writing(folder: str) -> None:
    """Write a small file into a folder and remove it; raises PincelError if that cannot be."""
    token = joined(folder, f"{PART}{secrets.token_hex(6)}.txt")
    write("pincel\n", token)
    remove(token)


def protocols(store: Any) -> set[str]:
    """Return the names a store goes by."""
    given = store.protocol
    return {given} if isinstance(given, str) else set(given)
