"""GET /v1/feeds/{dealer}/mappings, GET and PUT …/mappings/{name}, and POST …/mappings/suggest."""

from typing import Annotated

from fastapi import Depends, Path, Query
from pydantic import Field

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.feeds.endpoints import BODY
from api.feeds.mapping_schemas import MappingList, MappingPut, MappingRead, SuggestionRead
from api.feeds.problems import KEEPING_PROBLEMS, MAPPING_NOT_FOUND, MAPPING_PROBLEMS, SUGGEST_PROBLEMS
from api.feeds.router import router
from api.feeds.uploads import DealerCode, MappingName, PreviewDep
from api.parameters import WHOLE, OptionalParam
from api.rules import request_rules
from serving.feeds.declarations import MANAGE_FEEDS
from serving.feeds.mappings import get_mapping, keep_mapping, list_mappings, suggest_from

Named = Annotated[MappingName, Path(description="The mapping's name.", examples=["khan-motors"])]


async def _named(dealer: DealerCode, name: Named) -> tuple[str, str]:
    return dealer, name


NamedDep = Annotated[tuple[str, str], Depends(_named)]
Version = Annotated[
    OptionalParam[Annotated[int, Field(ge=1, le=1_000_000), WHOLE]], Query(description="The newest without it.")
]


@router.get("/mappings", summary="List the mappings", responses=problems(*MAPPING_PROBLEMS))
@request_rules(access=MANAGE_FEEDS)
def list_feed_mappings(
    dealer: DealerCode, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> MappingList:
    """List the platform's mappings and the dealer's own."""
    kept = list_mappings(session, state.storage, principal, dealer)
    return MappingList(items=[MappingRead.of(each) for each in kept])


@router.get("/mappings/{name}", summary="Read a mapping", responses=problems(*MAPPING_PROBLEMS, MAPPING_NOT_FOUND))
@request_rules(access=MANAGE_FEEDS)
def read_feed_mapping(
    named: NamedDep, session: SessionDep, state: StateDep, principal: PrincipalDep, version: Version = None
) -> MappingRead:
    """Return a mapping with its text, in any version that was ever kept."""
    dealer, name = named
    return MappingRead.of(get_mapping(session, state.storage, principal, dealer, (name, version)))


@router.put("/mappings/{name}", summary="Keep a mapping", responses=problems(*KEEPING_PROBLEMS))
@request_rules(access=MANAGE_FEEDS)
def keep_feed_mapping(
    named: NamedDep, body: MappingPut, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> MappingRead:
    """Keep a mapping of the dealer; a changed text needs a higher version, and the earlier ones stay."""
    dealer, name = named
    new = (name, body.toml, body.default)
    return MappingRead.of(keep_mapping(session, state.storage, principal, dealer, new))


@router.post(
    "/mappings/suggest", summary="Propose a mapping", responses=problems(*SUGGEST_PROBLEMS), openapi_extra=BODY
)
@request_rules(access=MANAGE_FEEDS, streamed=True, content_types=())
def suggest_feed_mapping(
    upload: PreviewDep,
    mapping: Annotated[MappingName, Query(description="The name that it is to have.")] = "suggested",
) -> SuggestionRead:
    """Propose how to read a sample of a file, with the reason of every choice; nothing is kept."""
    return SuggestionRead.of(*suggest_from(upload.data.rewound().read(), mapping))
