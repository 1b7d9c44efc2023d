"""GET /v1/me/export and DELETE /v1/me."""

from functools import partial

from fastapi import Response

from api.deps import CallerDep, PrincipalDep, SessionDep, StateDep
from api.documented import problems
from api.personal_data.problems import ERASE, EXPORT
from api.personal_data.schemas import PersonalExport
from api.routing import DomainRouter, caller_transaction
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.personal_data.erasing import erase_caller
from serving.personal_data.exporting import export_person

router = DomainRouter(tags=["personal data"])


@router.get("/v1/me/export", summary="Everything that is held of me", responses=problems(*EXPORT))
@request_rules(access=LOGIN)
def export_me(session: SessionDep, state: StateDep, principal: PrincipalDep) -> PersonalExport:
    """Return every row of every domain that is about the caller."""
    domains = export_person(session, state.identity.keys, principal)
    return PersonalExport(exported_at=utc_now(), domains=domains)


@router.delete("/v1/me", status_code=202, summary="Erase me", responses=problems(*ERASE), response_class=Response)
@request_rules(access=LOGIN)
async def erase_me(state: StateDep, caller: CallerDep, principal: PrincipalDep) -> None:
    """Erase the caller for good; needs a login of the last 10 minutes.

    With the answer the person is locked out, all tokens have ended, and nothing can undo it. Within seconds the data
    key is destroyed and every domain has erased its rows; then the same phone number can sign up afresh, as a new
    person. The last administrator of an organisation makes another one first.
    """
    begin = partial(caller_transaction, state.sessions)
    await state.threads.run(partial(erase_caller, begin, state.storage, principal, caller.bearer, utc_now()))
