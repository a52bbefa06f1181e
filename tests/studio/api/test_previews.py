"""Previews of what has been chosen: painted small, refused in words, ended when nobody waits."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from pincel.studio import previews
from pincel.studio.data_dir import DataDir
from pincel.studio.errors import ApiError
from pincel.studio.limits import Limits
from pincel.studio.models import PreviewRequest
from pincel.studio.pictures import Pictures
from tests.studio.api.conftest import STUB, Visitor

GLASS: dict[str, Any] = {"picture": "sample:glass"}


def test_a_preview_is_a_picture_and_leaves_nothing(visitor: Visitor) -> None:
    mine = visitor.picture()
    before = sorted(visitor.home.rglob("*"))
    answer = visitor.client.post("/api/previews", json={"content": mine, "styles": [GLASS, {"picture": "sample:impasto", "weight": 0.5}]})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.content)).size == (20, 10)
    assert sorted(visitor.home.rglob("*")) == before
    assert visitor.client.get("/api/runs").json()["runs"] == []


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"content": "sample:nowhere", "styles": [GLASS]}, 422, "Unknown sample picture 'nowhere'"),
        ({"content": "0123456789abcdef", "styles": [GLASS]}, 404, "There is no picture '0123456789abcdef'"),
        ({"content": "sample:lake", "styles": [{**GLASS, "weight": 0}]}, 422, "All styles have the weight 0"),
        ({"content": "sample:lake", "styles": []}, 422, "at least 1 item"),
        ({"content": "sample:lake", "styles": [{**GLASS, "weight": 9}]}, 422, "preview: the network cannot paint this"),
        ({"content": "../etc/passwd", "styles": [GLASS]}, 422, "match"),
    ],
)
def test_what_cannot_be_previewed_is_said(visitor: Visitor, asked: Any, status: int, said: str) -> None:
    answer = visitor.client.post("/api/previews", json=asked)
    assert answer.status_code == status
    assert said in answer.json()["error"]["message"]


def test_it_ends_with_who_asked_and_after_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = PreviewRequest.model_validate({"content": "sample:lake", "styles": [{**GLASS, "weight": 7}]})

    def children() -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if str(STUB[1]) in child.cmdline()]

    async def story() -> None:
        home = DataDir(tmp_path)
        painter = previews.Previews(Pictures(home, Limits()), STUB)
        painting = asyncio.create_task(painter.paint(slow))
        while not children():
            await asyncio.sleep(0.01)
        painting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await painting
        assert children() == []
        monkeypatch.setattr(previews, "PATIENCE", 0.1)
        with pytest.raises(ApiError, match="the network cannot paint this"):
            await painter.paint(slow)
        assert children() == []

    asyncio.run(story())
