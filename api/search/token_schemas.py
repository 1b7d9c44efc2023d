"""A search token, as it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from core.search.meilisearch.tenant_tokens import SearchToken

_EXAMPLE: dict[str, Any] = {"token": "eyJhbGciOiJIUzI1NiJ9…", "index": "listings", "expires_at": "2026-03-02T04:45:00Z"}


class SearchTokenRead(BaseModel):
    """A token of Meilisearch for one index, as one audience."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    token: str = Field(description="Sent to Meilisearch as `Authorization: Bearer …`; the API does not take it.")
    index: str = Field(description="The one index that it opens.")
    expires_at: datetime = Field(description="UTC.")

    @classmethod
    def of(cls, issued: SearchToken) -> Self:
        """Describe a token that was signed."""
        return cls(token=issued.token, index=issued.index, expires_at=issued.expires_at)
