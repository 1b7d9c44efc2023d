"""POST /v1/listings, PATCH /v1/listings/{listing_id}, its transitions, and the lists of an owner."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Query, Response
from pydantic import Field

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.identity.org_parameters import OrgPath
from api.listings.acting import ManagerDep, PosterDep, still_mine
from api.listings.problems import CHANGE_PROBLEMS, MOVE_PROBLEMS, OWN_ADS_PROBLEMS, POST_PROBLEMS, STOCK_PROBLEMS
from api.listings.router import router
from api.listings.stock_schemas import StockParams, StockRead
from api.listings.write_schemas import (
    ListingCreate,
    ListingUpdate,
    ManagedListingRead,
    TransitionCreate,
)
from api.parameters import ListingId, OptionalParam
from api.rules import LOGIN, request_rules
from serving.listings.declarations import MANAGE_LISTINGS, MOVE_LISTINGS, READ_STOCK
from serving.listings.management.changing import change_listing
from serving.listings.management.managed import ManagedListing, org_stock, own_ads
from serving.listings.management.manager import Manager
from serving.listings.management.moving import move_listing
from serving.listings.management.posting import post_listing

StockDep = Annotated[StockParams, Query()]


@dataclass(frozen=True)
class Conditional:
    """The form of a listing that a change is made of, and where the new one is told."""

    response: Response
    if_match: str | None

    def answer(self, view: ManagedListing) -> ManagedListingRead:
        """Answer with the listing and its ETag."""
        self.response.headers["ETag"] = view.etag
        return ManagedListingRead.of(view)


async def conditional(
    response: Response,
    if_match: Annotated[
        OptionalParam[Annotated[str, Field(max_length=100)]],
        Header(alias="If-Match", description="The etag of the listing as you read it.", examples=['"1"']),
    ] = None,
) -> Conditional:
    """Read the header If-Match."""
    return Conditional(response, if_match)


ConditionalDep = Annotated[Conditional, Depends(conditional)]


@router.post("/v1/listings", status_code=201, summary="Post a car", responses=problems(*POST_PROBLEMS))
@request_rules(access=LOGIN, idempotent=True)
def post(body: ListingCreate, session: SessionDep, poster: PosterDep) -> ManagedListingRead:
    """Make a listing: with `org` a dealer's car, without it a private ad of the person who calls."""
    return ManagedListingRead.of(post_listing(session, poster, body.change(), publish=body.publish))


@router.patch("/v1/listings/{listing_id}", summary="Change a car", responses=problems(*CHANGE_PROBLEMS))
@request_rules(access=MANAGE_LISTINGS, idempotent=True, may_repeat=still_mine(MANAGE_LISTINGS))
def change(
    listing_id: ListingId,
    body: ListingUpdate,
    session: SessionDep,
    manager: ManagerDep,
    condition: ConditionalDep,
) -> ManagedListingRead:
    """Change the fields that are given, of the listing that If-Match names; its state moves by transitions."""
    return condition.answer(change_listing(session, manager, listing_id, body.change(), condition.if_match))


@router.post(
    "/v1/listings/{listing_id}/transitions", summary="Move a car to another state", responses=problems(*MOVE_PROBLEMS)
)
@request_rules(access=MOVE_LISTINGS, idempotent=True, may_repeat=still_mine(MOVE_LISTINGS))
def move(listing_id: ListingId, body: TransitionCreate, session: SessionDep, manager: ManagerDep) -> ManagedListingRead:
    """Move a listing: draft, in_review, live, reserved, sold, withdrawn, expired, rejected.

    What a person decides stays, whatever deliveries of a feed say, until it is left to the feed again.
    """
    return ManagedListingRead.of(move_listing(session, manager, listing_id, body.move()))


@router.get("/v1/orgs/{code}/listings", summary="The stock", responses=problems(*STOCK_PROBLEMS))
@request_rules(access=READ_STOCK)
def read_stock(
    code: OrgPath,
    session: SessionDep,
    state: StateDep,
    principal: PrincipalDep,
    params: StockDep,
) -> StockRead:
    """List the cars of an organisation in every state, the newest first; of one's branches, where narrowed to some."""
    return StockRead.of(org_stock(session, Manager.of(principal, state.identity.keys), code, params.query()))


@router.get("/v1/me/listings", summary="My private ads", responses=problems(*OWN_ADS_PROBLEMS))
@request_rules(access=LOGIN)
def read_own_ads(
    session: SessionDep,
    state: StateDep,
    principal: PrincipalDep,
    params: StockDep,
) -> StockRead:
    """List the private ads of the caller in every state, the newest first."""
    return StockRead.of(own_ads(session, Manager.of(principal, state.identity.keys), params.query()))
