"""POST /v1/search/tokens."""

from api.deps import AudienceDep, CallerDep, PrincipalDep, SessionDep, StateDep
from api.documented import problems
from api.routing import DomainRouter
from api.rules import LOGIN
from api.search.schemas import SearchTokenRead
from core.clock import utc_now
from core.errors import AutomartError
from serving.identity.errors import PeopleOnlyError
from serving.search.tokens import SearchTokensOffError, SearchTokensUnavailableError, session_end

PROBLEMS: tuple[AutomartError, ...] = (SearchTokensOffError(), SearchTokensUnavailableError(), PeopleOnlyError())
router = DomainRouter(prefix="/v1/search", tags=["search"], access=LOGIN)


@router.post("/tokens", summary="Let an app search by itself", responses=problems(*PROBLEMS))
def issue_token(
    session: SessionDep, state: StateDep, caller: CallerDep, principal: PrincipalDep, audience: AudienceDep
) -> SearchTokenRead:
    """Sign a token with which the app searches Meilisearch directly, and finds what the caller may see here.

    It ends after 15 minutes or with the session, whichever comes first; ask again then. A session that was ended gets
    none. `channel` and `org` have the same meaning as in `GET /v1/listings`.
    """
    ends_at = session_end(session, principal, caller.bearer)
    return SearchTokenRead.of(state.search_tokens.issue(audience, ends_at, utc_now()))
