"""POST /v1/search/tokens."""

from api.contract.documented import problems
from api.deps import AudienceDep, CallerDep, PrincipalDep, SessionDep, StateDep
from api.search.problems import TOKENS
from api.search.router import router
from api.search.token_schemas import SearchTokenRead
from core.clock import utc_now
from serving.search.tokens import session_end


@router.post("/v1/search/tokens", summary="Let an app search by itself", responses=problems(*TOKENS))
def issue_token(
    session: SessionDep, state: StateDep, caller: CallerDep, principal: PrincipalDep, audience: AudienceDep
) -> SearchTokenRead:
    """Sign a token with which the app searches Meilisearch directly, and finds what the caller may see here.

    It ends after 15 minutes or with the session, whichever comes first; ask again then. A session that was ended gets
    none. `channel` and `org` have the same meaning as in `GET /v1/listings`.
    """
    ends_at = session_end(session, principal, caller.bearer)
    return SearchTokenRead.of(state.search_tokens.issue(audience, ends_at, utc_now()))
