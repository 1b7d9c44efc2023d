"""Path parameters and small types of the operations on organisations."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

from api.parameters import ONE_LINE, SOUND_TEXT
from core.identity.orgs import CODE_PATTERN

EXAMPLE_ID = "019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b"


OrgPath = Annotated[str, Path(pattern=CODE_PATTERN, description="The organisation's code.", examples=["khan-motors"])]
BranchPath = Annotated[
    str,
    Path(min_length=1, max_length=100, description="The branch's code.", examples=["dha"]),
    SOUND_TEXT,
]
UserPath = Annotated[UUID, Path(description="The member's `user_id`.", examples=[EXAMPLE_ID])]
InvitationPath = Annotated[UUID, Path(description="The invitation's id.", examples=[EXAMPLE_ID])]
AccountPath = Annotated[UUID, Path(description="The service account's id.", examples=[EXAMPLE_ID])]
Line = Annotated[str, Field(min_length=1, max_length=100), ONE_LINE]
BranchCodes = Annotated[list[Line], Field(min_length=1, max_length=100)]
