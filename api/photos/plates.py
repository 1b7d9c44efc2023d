"""POST …/photos/{photo_id}/appeal, …/appeal/decision and …/boxes: what people decide about the plates of a photo."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.parameters import ListingId
from api.photos.plates_schemas import AppealCreate, AppealDecision, AppealRead, PhotoBoxes
from api.photos.problems import APPEAL_PROBLEMS, BOXES_PROBLEMS, DECISION_PROBLEMS
from api.photos.router import router
from api.photos.schemas import EXAMPLE_PHOTO_ID
from api.rules import request_rules
from serving.photos.declarations import MANAGE_PHOTOS, MODERATE_PHOTOS
from serving.photos.judgement.plates import appeal, decide_appeal, draw_boxes

_PATH = "/v1/listings/{listing_id}/photos/{photo_id}"
PhotoId = Annotated[UUID, Path(description="The photo's id.", examples=[EXAMPLE_PHOTO_ID])]


@router.post(f"{_PATH}/appeal", status_code=201, summary="Appeal about plates", responses=problems(*APPEAL_PROBLEMS))
@request_rules(access=MANAGE_PHOTOS)
def appeal_about_plates(
    listing_id: ListingId, photo_id: PhotoId, body: AppealCreate, session: SessionDep, principal: PrincipalDep
) -> AppealRead:
    """Ask a moderator to uncover what is no number plate, or to look at a plate that was missed."""
    return AppealRead.of(appeal(session, principal, listing_id, photo_id, body.kind))


@router.post(f"{_PATH}/appeal/decision", summary="Decide an appeal", responses=problems(*DECISION_PROBLEMS))
@request_rules(access=MODERATE_PHOTOS)
def decide(
    listing_id: ListingId, photo_id: PhotoId, body: AppealDecision, session: SessionDep, principal: PrincipalDep
) -> AppealRead:
    """Uncover the photo of this listing alone, or hide it until the missed plate is drawn; or refuse.

    Another listing's photo of the same picture stays as it is. What was drawn by hand stays covered.
    """
    grant = body.decision == "grant"
    return AppealRead.of(decide_appeal(session, principal, listing_id, photo_id, grant=grant))


@router.post(f"{_PATH}/boxes", status_code=204, summary="Cover areas by hand", responses=problems(*BOXES_PROBLEMS))
@request_rules(access=MANAGE_PHOTOS)
def draw(
    listing_id: ListingId, photo_id: PhotoId, body: PhotoBoxes, session: SessionDep, principal: PrincipalDep
) -> None:
    """Cover more areas of a photo. Others do not see it until they are covered, which takes seconds."""
    draw_boxes(session, principal, listing_id, photo_id, body.areas())
