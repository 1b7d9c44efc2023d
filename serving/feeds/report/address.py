"""Give the address of a file's report at our API."""

from uuid import UUID


def report_path(dealer: str, file_id: UUID) -> str:
    """Return the path of the report's page, to which `?language=ur` and `format` may be added."""
    return f"/v1/feeds/{dealer}/files/{file_id}/report"
