"""Answers that hold a person's data: exports and erasures."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_EXAMPLE: dict[str, Any] = {
    "exported_at": "2026-03-02T04:30:00Z",
    "domains": {
        "identity": {
            "user_contacts": [
                {
                    "id": "019a2b3c-2222-7f60-8a9b-0c1d2e3f4a5b",
                    "user_id": "019a2b3c-0000-7f60-8a9b-0c1d2e3f4a5b",
                    "kind": "phone",
                    "sealed": "+923001234567",
                    "blind_index": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "proven_at": "2026-03-01T09:00:00+00:00",
                }
            ]
        }
    },
}


class PersonalExport(BaseModel):
    """All data that the platform holds about the caller."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    exported_at: datetime = Field(description="UTC.")
    domains: dict[str, dict[str, list[dict[str, Any]]]] = Field(
        description="Domain → table → rows by column. Sealed columns are shown opened, digests as hex; secrets of codes"
        " and tokens are left out."
    )
