"""Answers that are images: never taken for a page, and cached for less than 5 minutes."""

from typing import Any

from starlette.responses import Response

CACHED_SECONDS = 240
"""Once a car is no longer public, copies of its photos in caches are good for at most this long."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def image_response(data: bytes, name: str, cache: str) -> Response:
    """Answer with an image; its type is that of its name, which we gave."""
    kind = "image/webp" if name.endswith(".webp") else "image/jpeg"
    return Response(data, media_type=kind, headers={**_HEADERS, "Cache-Control": cache})


def image_contract(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Document the answer of an operation that gives an image."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}, "example": "…"} for kind in kinds}
    return {200: {"description": "The image.", "content": content}}
