"""POST /v1/leads."""

from dataclasses import dataclass, replace
from typing import Annotated, cast

from fastapi import Depends, Query

from api.contract.documented import problems
from api.deps import Caller, CallerDep, OrgCode, PendingPrincipal, SessionDep, StateDep
from api.identity.contacts import ClientDep
from api.leads.ask_schemas import LeadCreate, LeadMade
from api.leads.problems import ASK_PROBLEMS
from api.leads.router import router
from api.rules import PUBLIC, request_rules
from core.access.audience import Audience
from core.access.principal import Principal
from core.clock import utc_now
from core.vocabulary import Channel
from serving.leads.intake.asking import Asker, ask
from serving.leads.intake.tracing import trace_of
from serving.leads.intake.trade_in import valued


@dataclass(frozen=True)
class PendingAsker(PendingPrincipal):
    """The one who asks, not looked up yet."""

    caller: Caller
    channel: Channel = Channel.AUTOMART
    org: str | None = None
    device: str | None = None

    def known(self, principal: Principal) -> Principal:
        """Return the one who asks, with the cars that are shown to it."""
        audience = Audience.of(principal, self.channel, self.org)
        return cast("Principal", Asker(principal, audience, self.device))


async def asker(
    known: CallerDep,
    client: ClientDep,
    channel: Annotated[Channel, Query(description="The product on which the car was seen.")] = Channel.AUTOMART,
    org: OrgCode = None,
) -> PendingAsker:
    """Make the endpoint's parameter for the asker."""
    return PendingAsker(known, channel, org, client.device)


AskerDep = Annotated[Asker, Depends(asker)]


@router.post("/v1/leads", status_code=201, summary="Ask about a car", responses=problems(*ASK_PROBLEMS))
@request_rules(access=PUBLIC, idempotent=True)
def create(body: LeadCreate, session: SessionDep, asking: AskerDep, state: StateDep) -> LeadMade:
    """Ask a dealer or a private seller about a car: logged in, or with the proof of a phone number.

    Another message about the same car within 24 hours is joined to the first one.
    """
    trade_in = None if body.trade_in is None else valued(session, state.champion, body.trade_in.car())
    question = body.question(trade_in, trace_of(state.identity.keys, body.device_id, body.session_id, body.query_id))
    proven = replace(asking, proof=body.contact_proof)
    return LeadMade.of(ask(session, state.identity.keys, proven, question, utc_now()))
