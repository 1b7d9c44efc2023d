"""Answers about files of leads, and the parameters of adding one."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.leads.ask_schemas import EXAMPLE_LEAD_ID
from api.parameters import FILE_NAME, TRUTH, OptionalParam
from serving.leads.desk.attaching import Attachment

EXAMPLE_ATTACHMENT_ID = UUID("019a2b3c-7b8c-7d90-8e1f-2a3b4c5d6e7f")


class AttachParams(BaseModel):
    """The name of the file, and whether the buyer may see it."""

    model_config = ConfigDict(extra="forbid")

    name: OptionalParam[Annotated[str, Field(min_length=1, max_length=200), FILE_NAME]] = Field(
        default=None, description="The file's name, for people; its ending becomes that of what is kept."
    )
    for_buyer: Annotated[bool, TRUTH] = Field(
        default=False, description="Whether the buyer may see it; what buyers send themselves they may."
    )


class LeadAttachmentRead(BaseModel):
    """A file of a lead, as its timeline tells of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "attachment_id": str(EXAMPLE_ATTACHMENT_ID),
                    "lead_id": str(EXAMPLE_LEAD_ID),
                    "number": 4,
                    "at": "2026-11-27T07:45:00Z",
                    "name": "inspection.pdf",
                    "content_type": "application/pdf",
                    "bytes": 120_345,
                    "for_buyer": True,
                }
            ]
        }
    )

    attachment_id: UUID
    lead_id: UUID
    number: int = Field(description="Of its event in the timeline.")
    at: datetime
    name: str
    content_type: str = Field(description="`image/jpeg` or `application/pdf`: pictures are drawn anew as JPEG.")
    bytes: int = Field(description="The size of what is kept.")
    for_buyer: bool

    @classmethod
    def of(cls, made: Attachment) -> Self:
        """Make it from the service's answer."""
        file = made.file
        return cls(
            attachment_id=made.id, lead_id=made.lead_id, number=made.number, at=made.at, name=file.name,
            content_type=file.content_type, bytes=len(file.data), for_buyer=file.for_buyer,
        )  # fmt: skip
