"""Text and JSON that somebody else wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from pincel import documents
from pincel.documents import Reader
from pincel.errors import OptionError

READER = Reader("record", "a record", OptionError)


def test_json_is_read_in_the_encodings_of_editors(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        path.write_bytes('{"name":\r\n"año"}'.encode(encoding))
        assert READER.json(path) == {"name": "año"}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is damaged"),
        (b"[" * 100_000, r"is damaged \(it is nested too deeply\)"),
        (b"9" * 5000, "is damaged"),
        (b"\xff", "is no text in UTF-8"),
        (b"{}\0", "it has a zero byte"),
        (b" " * 101, "has more than 0 MiB"),
    ],
)
def test_whatever_the_bytes_are_the_error_is_one_line(data: bytes, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if data.isspace():
        monkeypatch.setattr(documents, "LONGEST", 100)
    path = tmp_path / "a.json"
    path.write_bytes(data)
    with pytest.raises(OptionError, match=message) as error:
        READER.json(path)
    assert str(error.value).startswith("record: ")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["none.json", "", "a\0b", "x" * 5000])
def test_files_that_are_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"^record: cannot be read, .* · accepted: a record · try: "):
        READER.text(tmp_path / name)
