"""pincel in ComfyUI: three nodes. ComfyUI loads this folder, and asks ``comfy_entrypoint`` for them."""

from __future__ import annotations

from .nodes import PincelExtension


async def comfy_entrypoint() -> PincelExtension:
    """Return the extension."""
    return PincelExtension()


__all__ = ["comfy_entrypoint"]
