"""GET /v1/listings/{listing_id}/history: the history of a car, for its owner."""

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.listings.history_schemas import CarHistoryRead
from api.listings.problems import LISTING_NOT_FOUND
from api.listings.router import router
from api.parameters import ListingId
from api.rules import request_rules
from serving.listings.declarations import READ_STOCK
from serving.listings.management.car_history import car_history
from serving.listings.management.manager import Manager


@router.get("/v1/listings/{listing_id}/history", summary="The history of a car", responses=problems(LISTING_NOT_FOUND))
@request_rules(access=READ_STOCK)
def read_history(
    listing_id: ListingId, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> CarHistoryRead:
    """Return the earlier listings and prices of one's own car, which its chassis number joins.

    Another stock number after a sale, or a car that came back: both are in it. Of other sellers it says nothing.
    """
    return CarHistoryRead.of(car_history(session, Manager.of(principal, state.identity.keys), listing_id))
