"""GET /v1/me/export and DELETE /v1/me."""

from collections.abc import AsyncIterator
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO

from fastapi import Response
from starlette.responses import StreamingResponse

from api.contract.documented import problems
from api.deps import CallerDep, PrincipalDep, SessionDep, StateDep
from api.personal_data.problems import ERASE, EXPORT
from api.personal_data.schemas import PersonalExport
from api.routing import DomainRouter, caller_transaction
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.personal_data.erasing import erase_caller
from serving.personal_data.exporting import Means, write_export

_IN_MEMORY = 1 << 20
_PIECE = 1 << 16

router = DomainRouter(tags=["personal data"])


@router.get(
    "/v1/me/export",
    summary="Everything that is held of me",
    responses=problems(*EXPORT),
    response_model=PersonalExport,
)
@request_rules(access=LOGIN)
def export_me(session: SessionDep, state: StateDep, principal: PrincipalDep) -> StreamingResponse:
    """Return every row of every domain that is about the caller."""
    file = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  (`_pieces` closes it)
    try:
        write_export(file, session, Means(state.identity.keys, state.storage), principal, utc_now())
    except BaseException:
        file.close()
        raise
    return StreamingResponse(_pieces(file), media_type="application/json")


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """Send what was written: the transaction has ended by now, however slowly the caller reads."""
    with file:
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


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
