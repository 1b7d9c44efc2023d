"""Keys of the objects in storage. Upload addresses name keys in `uploads/` alone, and nothing is served from there."""

from uuid import UUID

ORIGINAL = "original.jpg"


def upload_key(upload_id: UUID) -> str:
    """Return the key that an upload address writes to."""
    return f"uploads/{upload_id}"


def content_prefix(content_id: UUID) -> str:
    """Return the beginning of the keys of a content's objects."""
    return f"photos/{content_id}/"


def content_key(content_id: UUID, name: str) -> str:
    """Return the key of the original or a variant of a content."""
    return content_prefix(content_id) + name


def document_key(document_id: UUID) -> str:
    """Return the key of a document."""
    return f"documents/{document_id}.jpg"
