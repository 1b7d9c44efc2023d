"""Give endpoints what seals personal data under the keys of its owners."""

from typing import Annotated

from fastapi import Depends

from api.deps import SessionDep, StateDep
from core.personal_data.sealer import Sealer


async def sealer_of(session: SessionDep, state: StateDep) -> Sealer:
    """Return a sealer in the transaction of the request."""
    return Sealer(session, state.identity.keys)


SealerDep = Annotated[Sealer, Depends(sealer_of)]
