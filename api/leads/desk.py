"""GET and PUT /v1/orgs/{code}/calendar, /sla-policies and /assignment-rules."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Response
from pydantic import Field

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep
from api.identity.org_parameters import OrgPath
from api.leads.desk_schemas import CalendarRead, CalendarWrite, PoliciesRead, PoliciesWrite, RulesRead, RulesWrite
from api.leads.problems import CALENDAR_PROBLEMS, DESK_PROBLEMS, POLICY_PROBLEMS, RULES_PROBLEMS
from api.leads.router import router
from api.parameters import OptionalParam
from api.rules import request_rules
from core.access.principal import Principal
from core.clock import utc_now
from core.db.session import Session
from serving.leads.declarations import MANAGE_DESK, READ_DESK
from serving.leads.desk.desks import DeskChange, DeskPart, Part, change_part, read_part

IfMatch = Annotated[
    OptionalParam[Annotated[str, Field(max_length=100)]],
    Header(alias="If-Match", description="The etag as you read it.", examples=['"0a1b2c3d4e5f6071"']),
]


@dataclass(frozen=True)
class DeskOf:
    """The desk of the organisation in the path, and the form of it that a change is made of."""

    code: str
    response: Response
    if_match: str | None

    def told(self, part: DeskPart) -> DeskPart:
        """Tell the etag in the answer's header too."""
        self.response.headers["ETag"] = part.etag
        return part

    def read(self, session: Session, principal: Principal, part: Part) -> DeskPart:
        """Read one part."""
        return self.told(read_part(session, principal, self.code, part))

    def change(self, session: Session, principal: Principal, part: Part, value: Any) -> DeskPart:  # noqa: ANN401
        """Change one part."""
        change = DeskChange(part, value, self.if_match)
        return self.told(change_part(session, principal, self.code, change, utc_now()))


async def desk_of(code: OrgPath, response: Response, if_match: IfMatch = None) -> DeskOf:
    """Return the desk that the path names."""
    return DeskOf(code, response, if_match)


DeskDep = Annotated[DeskOf, Depends(desk_of)]


@router.get("/v1/orgs/{code}/calendar", summary="The business calendar", responses=problems(*DESK_PROBLEMS))
@request_rules(access=READ_DESK)
def read_calendar(desk: DeskDep, session: SessionDep, principal: PrincipalDep) -> CalendarRead:
    """Read the calendar by which deadlines run."""
    return CalendarRead.of(desk.read(session, principal, "calendar"))


@router.put("/v1/orgs/{code}/calendar", summary="Change the calendar", responses=problems(*CALENDAR_PROBLEMS))
@request_rules(access=MANAGE_DESK, max_body_bytes=512 * 1024)
def change_calendar(desk: DeskDep, body: CalendarWrite, session: SessionDep, principal: PrincipalDep) -> CalendarRead:
    """Change hours, seasons and holidays; due times, warnings and timers of open clocks move with them."""
    return CalendarRead.of(desk.change(session, principal, "calendar", body.value()))


@router.get("/v1/orgs/{code}/sla-policies", summary="The promises", responses=problems(*DESK_PROBLEMS))
@request_rules(access=READ_DESK)
def read_policies(desk: DeskDep, session: SessionDep, principal: PrincipalDep) -> PoliciesRead:
    """Read what is promised to buyers."""
    return PoliciesRead.of(desk.read(session, principal, "policies"))


@router.put("/v1/orgs/{code}/sla-policies", summary="Change the promises", responses=problems(*POLICY_PROBLEMS))
@request_rules(access=MANAGE_DESK)
def change_policies(desk: DeskDep, body: PoliciesWrite, session: SessionDep, principal: PrincipalDep) -> PoliciesRead:
    """Change promises; open clocks move with them, and clocks that ended are not judged again."""
    return PoliciesRead.of(desk.change(session, principal, "policies", body.value()))


@router.get("/v1/orgs/{code}/assignment-rules", summary="Who gets leads", responses=problems(*DESK_PROBLEMS))
@request_rules(access=READ_DESK)
def read_rules(desk: DeskDep, session: SessionDep, principal: PrincipalDep) -> RulesRead:
    """Read the rules of assignment."""
    return RulesRead.of(desk.read(session, principal, "rules"))


@router.put("/v1/orgs/{code}/assignment-rules", summary="Change who gets leads", responses=problems(*RULES_PROBLEMS))
@request_rules(access=MANAGE_DESK)
def change_rules(desk: DeskDep, body: RulesWrite, session: SessionDep, principal: PrincipalDep) -> RulesRead:
    """Change the rules of assignment; they hold for leads that come or wait from then on."""
    return RulesRead.of(desk.change(session, principal, "rules", body.value()))
