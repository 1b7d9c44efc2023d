"""Keys of the objects in storage. Upload addresses name keys in `uploads/` alone, and nothing is served from there."""

import json
from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

ORIGINAL = "original.jpg"
FEATURES = "features"
CLEAN = "clean-"
"""Begins the names of variants with a clean background."""
PLAIN = "plain"
"""The rendition with nothing covered: the variants that were made with the clean original."""


def upload_key(upload_id: UUID) -> str:
    """Return the key that an upload address writes to."""
    return f"uploads/{upload_id}"


def content_prefix(content_id: UUID) -> str:
    """Return the beginning of the keys of a content's objects."""
    return f"photos/{content_id}/"


def content_key(content_id: UUID, name: str) -> str:
    """Return the key of the original or a variant of a content."""
    return content_prefix(content_id) + name


def rendition_name(boxes: Iterable[Iterable[int]], version: int) -> str:
    """Name the variants in which these areas are covered; the same areas have the same name."""
    sorted_boxes = sorted(list(box) for box in boxes)
    return sha256(json.dumps([version, sorted_boxes]).encode()).hexdigest()[:20] if sorted_boxes else PLAIN


def variant_key(content_id: UUID, rendition: str | None, name: str) -> str:
    """Return the key of a variant of a rendition; None and PLAIN stand for the uncovered ones."""
    return content_key(content_id, name if rendition in (None, PLAIN) else f"{rendition}/{name}")


def clean_key(content_id: UUID, rendition: str, name: str) -> str:
    """Return the key of a variant of a rendition whose background was cleaned."""
    return content_key(content_id, f"{rendition}-{CLEAN}{name}")


def features_key(content_id: UUID, version: str) -> str:
    """Return the key of what proves duplicates of a content, as a version describes it."""
    return content_key(content_id, f"{FEATURES}-{sha256(version.encode()).hexdigest()[:12]}")


def document_key(document_id: UUID) -> str:
    """Return the key of a document."""
    return f"documents/{document_id}.jpg"
