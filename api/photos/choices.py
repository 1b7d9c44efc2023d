"""GET and PUT /v1/orgs/{code}/photo-choices: what is made of an organisation's photos."""

from pydantic import BaseModel, ConfigDict, Field

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.identity.org_parameters import OrgPath
from api.photos.problems import COPIES_PROBLEMS
from api.photos.router import router
from api.rules import request_rules
from serving.photos.choices import choose, read_choice
from serving.photos.declarations import CHOOSE_PHOTOS

_PATH = "/v1/orgs/{code}/photo-choices"


class PhotoChoices(BaseModel):
    """The choices of an organisation for its photos."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"clean_backgrounds": True}]})

    clean_backgrounds: bool = Field(
        description="Make and show variants with a clean background beside the photos (`cleaned`), plates covered.",
        strict=True,
    )


@router.get(_PATH, summary="What is made of photos", responses=problems(*COPIES_PROBLEMS))
@request_rules(access=CHOOSE_PHOTOS)
def read_choices(code: OrgPath, session: SessionDep, principal: PrincipalDep) -> PhotoChoices:
    """Read it; without a choice backgrounds stay as they are."""
    return PhotoChoices(clean_backgrounds=read_choice(session, principal, code))


@router.put(_PATH, summary="Choose what is made of photos", responses=problems(*COPIES_PROBLEMS))
@request_rules(access=CHOOSE_PHOTOS)
def write_choices(code: OrgPath, body: PhotoChoices, session: SessionDep, principal: PrincipalDep) -> PhotoChoices:
    """Choose it. Photos themselves are never replaced; what was made is shown at once, or no longer."""
    made = choose(session, principal, code, clean_backgrounds=body.clean_backgrounds)
    return PhotoChoices(clean_backgrounds=made)
