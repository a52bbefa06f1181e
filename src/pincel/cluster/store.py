"""Files at addresses such as s3://bucket/photos/night.jpg, through fsspec: found, downloaded, and uploaded whole or not at all."""

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
from pincel.installation import install_command

# Stores in which a file exists only when all of it is uploaded; a file cannot be renamed, only copied.
WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "hf", "memory"})
# Names of etags and checksums, by store.
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
"""Stores that are accepted. fsspec has others that read from a second store, which a file in the first one chooses: code of a template is
run, or any file of this machine is read."""
# Prefix of the name of a file until it is complete.
PART = ".pincel-"
_MAGIC = re.compile(r"[*?\[]")


def is_address(place: str) -> bool:
    """Return whether a place is an address and no path.

    Example:
        >>> is_address("s3://bucket/photo.jpg"), is_address("photos/photo.jpg"), is_address("sample:harbour")
        (True, False, False)
    """
    return "://" in place


def joined(folder: str, name: str) -> str:
    """Return the address of a file in a folder, ``/`` between them once."""
    return f"{folder.rstrip('/')}/{name}"


@contextmanager
def translate_errors(what: str, place: str) -> Iterator[None]:
    """Translate any error of a store into one of ours, in one line."""
    try:
        yield
    except PincelError:
        raise
    except FileNotFoundError as error:
        raise PictureMissingError(
            one_line("there is no such file", quoted(place), "an address of a file", "look at the address"), about=what
        ) from error
    except Exception as error:  # Each store has errors of its own.
        reason = first_line(error)
        accepted = "an address this machine may read and write"
        raise OutputError(one_line(f"{what}: the store refuses, {reason}", quoted(place), accepted, "its settings and rights")) from error


def opened(address: str) -> tuple[Any, str]:
    """Return the fsspec file system of an address, and the path within it.

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
        raise ExtraMissingError(one_line(failed, quoted(address), f"{protocol}:// with its library", install_command(library))) from error
    return store, path


def find(address: str, what: str, notify: Callable[[str], None] = lambda _: None) -> dict[str, str]:
    """Find the pictures of an address: a file, those of a folder or of a pattern, in one listing.

    Args:
        address: Of the file or folder, or a pattern.
        what: Name of the pictures in messages (``contents``).
        notify: Called with a note on files of a folder or a pattern that are left out.

    Returns:
        Address → etag.

    Raises:
        PictureMissingError: If there are none.
        PincelError: If the store does not answer.
    """
    store, path = opened(address)
    with translate_errors(what, address):
        if _MAGIC.search(path):
            folder, infos = _MAGIC.split(path)[0].rpartition("/")[0], store.glob(path, detail=True)
        elif store.isdir(path):
            folder, infos = path, store.find(path, maxdepth=1, detail=True)
        else:
            return {address: _stamp(store.info(path))}
    files = sorted((name for name, info in infos.items() if info.get("type") == "file"), key=natural_key)
    reasons = {name: _reason_left_out(name, folder) for name in files}
    for note in FolderListing((), tuple((Path(name), reason) for name, reason in reasons.items() if reason)).notes:
        notify(note)
    stamps = {str(store.unstrip_protocol(name)): _stamp(infos[name]) for name, reason in reasons.items() if not reason}
    if not stamps:
        failed = f"no pictures ({', '.join(sorted(SUFFIXES))}) there"
        raise PictureMissingError(
            one_line(failed, quoted(address), "a picture, a folder or a pattern in a store", "another address"), about=what
        )
    return stamps


def _reason_left_out(name: str, folder: str) -> str:
    """Return why a file in a folder of a store is no picture, by its name alone; nothing if it is one."""
    parts = PurePosixPath(name).parts[len(PurePosixPath(folder).parts) :]
    if any(is_hidden(part) for part in parts):
        return "hidden"
    return "" if has_picture_suffix(name) else "not a picture"


def listed(folder: str) -> dict[str, str]:
    """Return address → etag of all files in a folder and below it; none if it does not exist."""
    store, path = opened(folder)
    with translate_errors("store", folder):
        store.invalidate_cache(path)
        found = store.find(path, detail=True)
    return {str(store.unstrip_protocol(name)): _stamp(info) for name, info in found.items()}


def etag(address: str) -> str:
    """Return what identifies the contents of a file, without reading it; nothing for a file that does not exist."""
    store, path = opened(address)
    try:
        with translate_errors("store", address):
            # A listing may be out of date.
            store.invalidate_cache(path.rpartition("/")[0])
            return _stamp(store.info(path))
    except PictureMissingError:
        return ""


def _stamp(info: Mapping[str, Any]) -> str:
    contents = next((f"{key} {info[key]}" for key in CONTENTS if info.get(key)), "")
    date = next((info[key] for key in DATES if info.get(key)), "")
    # Some stores have another form of it for a file than in a listing.
    moment = date.timestamp() if isinstance(date, datetime) else date
    return contents or f"{info.get('size')} bytes of {f'{moment:.6f}' if isinstance(moment, float) else moment}"


def names(folder: str) -> list[str]:
    """Return the names of the files in a folder, not below it; none if it does not exist."""
    store, path = opened(folder)
    with translate_errors("store", folder):
        try:
            store.invalidate_cache(path)
            return sorted(PurePosixPath(each).name for each in store.ls(path, detail=False))
        except FileNotFoundError:
            return []


def fetch(address: str, folder: Path) -> Path:
    """Download a file into a folder, under its own name, and return its path; raises PincelError."""
    store, path = opened(address)
    here = folder / PurePosixPath(path).name
    with translate_errors("content", address):
        folder.mkdir(parents=True, exist_ok=True)
        part = here.with_name(f"{PART}{secrets.token_hex(6)}{here.suffix}")
        try:
            store.get_file(path, str(part))
            part.replace(here)
        finally:
            part.unlink(missing_ok=True)
    return here


def upload(file: Path, address: str) -> None:
    """Upload a file to an address, where it exists only when it is complete; raises PincelError."""
    store, path = opened(address)
    with translate_errors("output", address):
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
    """Write a text to an address, whole or not at all; raises PincelError."""
    with tempfile.TemporaryDirectory(prefix="pincel-") as folder:
        file = Path(folder) / PurePosixPath(address).name
        file.write_text(text, encoding="utf-8", newline="\n")
        upload(file, address)


def remove(address: str) -> None:
    """Remove a file, if it exists."""
    store, path = opened(address)
    with translate_errors("output", address), suppress(FileNotFoundError):
        store.rm_file(path)


def check_writing(folder: str) -> None:
    """Write a small file into a folder and remove it; raises PincelError if it cannot be written."""
    token = joined(folder, f"{PART}{secrets.token_hex(6)}.txt")
    write("pincel\n", token)
    remove(token)


def protocols(store: Any) -> set[str]:
    """Return the names of a store."""
    names = store.protocol
    return {names} if isinstance(names, str) else set(names)
