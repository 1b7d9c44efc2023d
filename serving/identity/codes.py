"""Send one-time codes and invitations: what is sent is queued in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step
from core.db.tables.people import User
from core.identity.contacts import Contact
from core.security.platform_keys import PlatformKeys
from pipelines.notifications.queue import MessageText, queue_message
from serving.identity.contact_book import ContactBook
from serving.identity.declarations import MANAGE_MEMBERS
from serving.identity.errors import CountryNotServedError
from serving.identity.logins.otp import OneTimeCodes, Purpose, SentCode
from serving.identity.members.grants import Grant
from serving.identity.members.invitations import Invitations, Invited
from serving.identity.orgs.orgs import find_org

_TEMPLATES = {Purpose.LOGIN: "otp_login", Purpose.CONTACT: "otp_contact"}


@dataclass(frozen=True)
class Offer:
    """A role that is offered to a contact."""

    contact: Contact
    grant: Grant


class CodeSender:
    """Makes codes and invitations and queues their messages."""

    def __init__(self, session: Session, keys: PlatformKeys, countries: Collection[str]) -> None:
        self._session = session
        self._keys = keys
        self._countries = countries

    def send_code(
        self, contact: Contact, purpose: Purpose, device: str | None, now: datetime, *, language: str = "en"
    ) -> SentCode:
        """Send a code to a contact, known or not: the same is done for both.

        Raises:
            CountryNotServedError: codes are not sent to phones of its country.
            CodeSentRecentlyError: see `serving.identity.logins.otp`.
        """
        if contact.kind == "phone" and contact.country not in self._countries:
            raise CountryNotServedError
        with platform_step(self._session, Step.LOGIN):
            sent = OneTimeCodes(self._session, self._keys).issue(contact, purpose, device, now)
            text = MessageText(_TEMPLATES[purpose], {"code": sent.digits}, language)
            queue_message(self._session, self._keys, contact, text)
        return sent

    def send_invitation(
        self, principal: Principal, org_code: str, offer: Offer, now: datetime, *, language: str | None = None
    ) -> Invited:
        """Invite a contact to an organisation; see `serving.identity.members.invitations.Invitations.invite`.

        The message is in `language`; without one, in that of the contact's owner, else of the caller. The caller
        never sees it, so it tells nobody whether the contact has an owner.
        """
        org = find_org(self._session, principal, org_code, MANAGE_MEMBERS)
        invited = Invitations(self._session, self._keys).invite(principal, org, offer.contact, offer.grant, now)
        values = {"org": org.name, "token": invited.token}
        spoken = language or self._language(principal, offer.contact)
        queue_message(self._session, self._keys, offer.contact, MessageText("invitation", values, spoken))
        return invited

    def _language(self, principal: Principal, contact: Contact) -> str:
        with platform_step(self._session, Step.LOGIN):  # who is invited need not be known to the caller
            owner = ContactBook(self._session, self._keys).owner(contact)
        if owner is not None:
            return owner.language
        caller = None if principal.user_id is None else self._session.get(User, principal.user_id)
        return "en" if caller is None else caller.language
