"""GET and PUT /v1/me/notifications, and the apps that take push messages."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from api.contract.documented import problems
from api.deps import PrincipalDep, SessionDep, StateDep
from api.notifications.problems import CHOOSE, FORGET, OWN
from api.notifications.router import router
from api.notifications.schemas import (
    EXAMPLE_DEVICE_ID,
    DeviceCreate,
    DeviceRead,
    NotificationsRead,
    NotificationsUpdate,
)
from api.rules import LOGIN, request_rules
from core.clock import utc_now
from serving.notifications.choosing import choose, forget_device, own_notifications, register_device

DeviceId = Annotated[UUID, Path(description="A device of the list.", examples=[EXAMPLE_DEVICE_ID])]


@router.get("/v1/me/notifications", summary="How am I told things", responses=problems(*OWN))
@request_rules(access=LOGIN)
def read_notifications(session: SessionDep, principal: PrincipalDep) -> NotificationsRead:
    """Return the channels of each kind of message, the language, the quiet hours, and the apps."""
    return NotificationsRead.of(own_notifications(session, principal))


@router.put("/v1/me/notifications", summary="Choose how I am told things", responses=problems(*CHOOSE))
@request_rules(access=LOGIN)
def choose_notifications(body: NotificationsUpdate, session: SessionDep, principal: PrincipalDep) -> NotificationsRead:
    """Replace channels and quiet hours. Messages that wait follow what is chosen now, within an hour."""
    return NotificationsRead.of(choose(session, principal, body.choice(), utc_now()))


@router.post("/v1/me/notifications/devices", status_code=201, summary="Register an app", responses=problems(*OWN))
@request_rules(access=LOGIN)
def add_device(body: DeviceCreate, session: SessionDep, state: StateDep, principal: PrincipalDep) -> DeviceRead:
    """Send push messages to this app too. An app that was registered by another person becomes the caller's alone."""
    app = (body.platform, body.token)
    return DeviceRead.of(register_device(session, state.identity.keys, principal, app, utc_now()))


@router.delete(
    "/v1/me/notifications/devices/{device_id}", status_code=204, summary="Forget an app", responses=problems(*FORGET)
)
@request_rules(access=LOGIN)
def remove_device(device_id: DeviceId, session: SessionDep, principal: PrincipalDep) -> None:
    """Send no more push messages to an app, as at a logout."""
    forget_device(session, principal, device_id)
