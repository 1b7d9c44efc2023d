"""GET, POST and DELETE /v1/feeds/{dealer}/sources."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.feeds.problems import ADDING_PROBLEMS, EXAMPLE_FILE_ID, FEED_SOURCE_NOT_FOUND, SENDER_PROBLEMS
from api.feeds.router import router
from api.feeds.uploads import DealerCode, MappingName
from api.parameters import ONE_LINE
from api.rules import request_rules
from core.db.tables import FeedSource
from core.egress.addresses import shown_url
from serving.feeds.declarations import MANAGE_FEEDS
from serving.feeds.sources import NewSource, add_own_source, list_sources, remove_source

SourceId = Annotated[UUID, Path(description="The source's id.", examples=[str(EXAMPLE_FILE_ID)])]
_NEW: dict[str, Any] = {"url": "https://dealer.example/stock.csv"}
_SOURCE: dict[str, Any] = {
    "source_id": str(EXAMPLE_FILE_ID),
    "url": "https://dealer.example/stock.csv",
    "mapping": None,
    "credential": None,
    "host_key": None,
    "checked_at": "2026-03-02T04:00:00Z",
    "failures": 0,
    "last_error": None,
    "last_code": None,
    "file_id": None,
}


class SourceCreate(BaseModel):
    """An address to be read every hour."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_NEW]})

    url: Annotated[str, Field(min_length=1, max_length=2_000), ONE_LINE] = Field(
        description="`https://`, `sftp://`, `ftps://` (TLS at once), `ftpes://`, or `mailto:` for a mail address."
    )
    mapping: MappingName | None = Field(default=None, description="How the file is read; the dealer's own without.")
    credential: MappingName | None = Field(
        default=None, description="Name of a credential that we keep for the dealer: the dealer's code; never a secret."
    )
    host_key: Annotated[str, Field(max_length=60), ONE_LINE] | None = Field(
        default=None, description="SFTP: fingerprint of the server's key, `SHA256:…`, as its owner states it."
    )


class SourceRead(BaseModel):
    """An address that is read every hour, and how its last reading went."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SOURCE]})

    source_id: UUID
    url: str = Field(description="Without its query, which may hold a secret.")
    mapping: str | None
    credential: str | None
    host_key: str | None
    checked_at: datetime | None
    failures: int = Field(description="In a row.")
    last_error: str | None
    last_code: str | None = Field(
        description="The kind of that failure, as `login_refused`, `certificate_refused`, `not_a_file`, `http_status`."
    )
    file_id: UUID | None = Field(description="The last file that came from it.")

    @classmethod
    def of(cls, source: FeedSource) -> Self:
        """Make the view of a row of `feed_sources`."""
        names = ("mapping", "credential", "host_key", "checked_at", "failures", "last_error", "last_code", "file_id")
        same = {name: getattr(source, name) for name in names}
        return cls(source_id=source.id, url=shown_url(source.url), **same)


class SourceList(BaseModel):
    """The sources of a dealer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_SOURCE]}]})

    items: list[SourceRead]


@router.get("/sources", summary="List the sources", responses=problems(*SENDER_PROBLEMS))
@request_rules(access=MANAGE_FEEDS)
def list_feed_sources(dealer: DealerCode, session: SessionDep, principal: PrincipalDep) -> SourceList:
    """List the addresses that are read for the dealer, with the result of the last reading."""
    return SourceList(items=[SourceRead.of(each) for each in list_sources(session, principal, dealer)])


@router.post("/sources", status_code=201, summary="Add a source", responses=problems(*ADDING_PROBLEMS))
@request_rules(access=MANAGE_FEEDS)
def add_feed_source(
    dealer: DealerCode, body: SourceCreate, session: SessionDep, state: StateDep, principal: PrincipalDep
) -> SourceRead:
    """Read an address for the dealer every hour from now on; nothing is fetched yet."""
    new = NewSource(**body.model_dump())
    return SourceRead.of(add_own_source(session, (state.storage, state.settings), principal, dealer, new))


@router.delete(
    "/sources/{source_id}",
    status_code=204,
    summary="Remove a source",
    responses=problems(*SENDER_PROBLEMS, FEED_SOURCE_NOT_FOUND),
)
@request_rules(access=MANAGE_FEEDS)
def remove_feed_source(dealer: DealerCode, source_id: SourceId, session: SessionDep, principal: PrincipalDep) -> None:
    """Stop reading an address; files that came from it, and their cars, stay."""
    remove_source(session, principal, dealer, source_id)
