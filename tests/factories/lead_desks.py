"""A desk that is always open, the loops of leads at a moment of the test's choosing, and the messages they cause."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.leads import LeadDesk
from core.db.tables.messages import Message
from core.outbox.follow import following
from core.personal_data.sealer import Sealer
from core.security.platform_keys import PlatformKeys
from pipelines.leads.assigning.waiting import assign_due
from pipelines.leads.consumers import NOTICES
from pipelines.leads.timers import issue_due
from pipelines.notifications.channels import CHANNELS
from pipelines.notifications.queue import opened_recipient
from pipelines.notifications.send import Outlet, SendResult, send_due
from pipelines.notifications.senders.contract import OutgoingMessage
from serving.leads.notices import notifying_people
from tests.factories.leads import DAYS
from tests.factories.turns import OneTurn

POLICY = {
    "first_answer": {"minutes": 60},
    "next_answer": {"minutes": 120},
    "escalation": [{"minutes": 60, "to": "branch_manager"}],
}


@dataclass
class Stage:
    """The loops of leads and of messages, one turn at a time, when so much time has `passed`."""

    factory: SessionFactory
    keys: PlatformKeys
    passed: timedelta = timedelta()
    sent: list[OutgoingMessage] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        return utc_now() + self.passed

    def send(self, message: OutgoingMessage) -> None:
        self.sent.append(message)

    def open_desk(self, org_id: UUID, **policy: Any) -> None:
        """Let a desk work at all hours of all days."""
        calendar = {"timezone": "Asia/Karachi", "week": {day: ["00:00-24:00"] for day in DAYS}}
        with transaction(self.factory) as session:
            session.add(LeadDesk(org_id=org_id, calendar=calendar, policies=[POLICY | policy]))

    def work(self, passed: timedelta = timedelta()) -> None:
        """Let time pass, then give leads to people, issue what is due, and queue what people are told of it."""
        self.passed += passed
        begin = partial(transaction, self.factory)
        while assign_due(begin, clock=lambda: self.now):
            pass
        while issue_due(begin, clock=lambda: self.now):
            pass
        follow = following(NOTICES, notifying_people(self.keys, lambda: self.now))
        while follow(OneTurn(self.factory)):
            pass

    def deliver(self) -> SendResult:
        """Send what is due by every channel."""
        begin = partial(transaction, self.factory)
        found = [send_due(begin, Outlet(each, self, self.keys, 1_000, lambda: self.now)) for each in CHANNELS]
        return SendResult(*(sum(getattr(one, name) for one in found) for name in NUMBERS))

    def told(self) -> list[tuple[str, str, str]]:
        """Return the messages that wait to be sent: template, channel, recipient."""
        with transaction(self.factory) as session:
            sealer = Sealer(session, self.keys)
            rows = session.scalars(select(Message).where(Message.state == "queued").order_by(Message.id)).all()
            return [(row.template, row.channel, opened_recipient(sealer, row).value) for row in rows]

    def states(self, template: str) -> list[tuple[str, str | None]]:
        """Return the states and reasons of a template's messages."""
        with transaction(self.factory) as session:
            rows = session.scalars(select(Message).where(Message.template == template).order_by(Message.id))
            return [(row.state, row.last_error) for row in rows]


NUMBERS = ("sent", "expired", "failed", "waiting", "held", "dropped")
