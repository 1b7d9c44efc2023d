"""Audit records, as they are answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

EXAMPLE_RECORD_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"
_EXAMPLE: dict[str, Any] = {
    "records": [
        {
            "record_id": EXAMPLE_RECORD_ID,
            "recorded_at": "2026-03-02T04:30:00Z",
            "actor_kind": "person",
            "actor": "019a2b3c-0000-7f60-8a9b-0c1d2e3f4a5b",
            "action": "members.change",
            "subject": "user:019a2b3c-1111-7f60-8a9b-0c1d2e3f4a5b",
            "before": {"role": "sales_agent"},
            "after": {"role": "branch_manager"},
            "reason": None,
            "session": "019a2b3c-2222-7f60-8a9b-0c1d2e3f4a5b",
            "address_class": "203.0.113.0/24",
            "device": None,
            "org": "019a2b3c-3333-7f60-8a9b-0c1d2e3f4a5b",
            "actor_org": "019a2b3c-3333-7f60-8a9b-0c1d2e3f4a5b",
            "request_id": "5f0c6a1e9b8d4c7f",
        }
    ],
    "next_before": None,
}


_CLIENT = ("address_class", "device")


class AuditRecordRead(BaseModel):
    """One act."""

    record_id: UUID
    recorded_at: datetime = Field(description="UTC.")
    actor_kind: Literal["person", "system", "anonymous"]
    actor: str = Field(description="The person's id, or the system's name.")
    action: str = Field(description="What was done, as `<domain>.<verb>`.")
    subject: str = Field(description="To which thing.")
    before: dict[str, Any] | None = Field(description="Fields that changed, as they were.")
    after: dict[str, Any] | None = Field(description="Fields that changed, as they are.")
    reason: str | None = Field(description="Why, where it was asked for.")
    session: UUID | None = Field(description="The actor's login.")
    address_class: str | None = Field(description="The network that the request came from; never the whole address.")
    device: str | None = Field(description="The id of the device, where it sent one that it was given here.")
    org: UUID | None = Field(description="The organisation whose thing it is.")
    actor_org: UUID | None = Field(description="The organisation that the actor acted for.")
    request_id: str | None = Field(description="The X-Request-ID of the request.")


class AuditTrail(BaseModel):
    """Acts on a thing, the newest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    records: list[AuditRecordRead]
    next_before: UUID | None = Field(description="Pass it as `before` for older ones; null: there are none.")

    @classmethod
    def of(cls, rows: Sequence[Any], limit: int) -> Self:
        """Describe rows of `audit_records`."""
        plain = ("recorded_at", "actor_kind", "actor", "action", "before", "after", "reason", "request_id", *_CLIENT)
        records = [
            AuditRecordRead(
                record_id=row.id,
                subject=f"{row.subject_kind}:{row.subject_id}",
                session=row.session_id,
                org=row.org_id,
                actor_org=row.actor_org_id,
                **{name: getattr(row, name) for name in plain},
            )
            for row in rows
        ]
        return cls(records=records, next_before=records[-1].record_id if len(records) == limit else None)
