"""Path parameters and small types of the operations on organisations."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
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


@dataclass(frozen=True)
class BranchPlace:
    """A branch by its code, in the organisation of the path."""

    org_code: str
    code: str


async def branch_place(code: OrgPath, branch_code: BranchPath) -> BranchPlace:
    """Return the branch that the path names."""
    return BranchPlace(code, branch_code)


BranchDep = Annotated[BranchPlace, Depends(branch_place)]
UserPath = Annotated[UUID, Path(description="The member's `user_id`.", examples=[EXAMPLE_ID])]
InvitationPath = Annotated[UUID, Path(description="The invitation's id.", examples=[EXAMPLE_ID])]
AccountPath = Annotated[UUID, Path(description="The service account's id.", examples=[EXAMPLE_ID])]
Line = Annotated[str, Field(min_length=1, max_length=100), ONE_LINE]
BranchCodes = Annotated[list[Line], Field(min_length=1, max_length=100)]
