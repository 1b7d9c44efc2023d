"""Log in with a one-time code, and prove a contact without logging in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.logins import SpentProof
from core.errors import AutomartError, UnauthenticatedError
from core.identity.contacts import Contact
from core.identity.sealed_contacts import contact_index
from core.security.platform_keys import PlatformKeys
from core.security.sealing import CannotOpenError, derive, key_id_of, open_sealed, seal
from serving.identity.contact_book import ContactBook
from serving.identity.errors import BlockedError
from serving.identity.logins.otp import Guess, OneTimeCodes, Purpose
from serving.identity.logins.otp_limits import remember_device
from serving.identity.logins.refresh_tokens import RefreshTokens
from serving.identity.logins.sessions import Client, SessionOutcome, start_session

PROOF_LIFETIME: Final = timedelta(minutes=15)
_PROOF_ALGORITHM: Final = "HS256"
_PROOF_TYPE: Final = "contact-proof"


class BadProofError(UnauthenticatedError):
    """The proof of a contact is wrong, used, too old, or of another device."""

    code = "bad_contact_proof"

    def __init__(self) -> None:
        super().__init__("The proof of the phone number or address is not valid any more: ask for a new code.")


@dataclass(frozen=True)
class Proven:
    """The outcome of a proof: a token that says that this device holds this contact."""

    proof: str | None = field(default=None, repr=False)
    proof_id: UUID | None = None
    refused: AutomartError | None = None


def log_in(session: Session, keys: PlatformKeys, guess: Guess, client: Client, now: datetime) -> SessionOutcome:
    """Use up a code and start a session of the contact's owner, who is made where nobody has proven it yet."""
    outcome = OneTimeCodes(session, keys).verify(guess, Purpose.LOGIN, now)
    if outcome.contact is None:
        return SessionOutcome(refused=outcome.refused)
    person = ContactBook(session, keys).owner_or_new(outcome.contact, now)
    if person.blocked_at is not None:
        return SessionOutcome(refused=BlockedError())
    if client.language is not None:
        person.language = client.language
    remember_device(session, contact_index(keys, outcome.contact), client.device, now)
    return start_session(session, RefreshTokens(keys.index), person.id, client, now)


def prove_contact(session: Session, keys: PlatformKeys, guess: Guess, now: datetime) -> Proven:
    """Use up a code of purpose `contact` and return a proof, good for PROOF_LIFETIME, once, on this device."""
    outcome = OneTimeCodes(session, keys).verify(guess, Purpose.CONTACT, now)
    if outcome.contact is None:
        return Proven(refused=outcome.refused)
    proof_id = uuid4()
    sealed = seal(keys.sealing, f"{outcome.contact.kind}:{outcome.contact.value}", (_PROOF_TYPE, str(proof_id)))
    claims = {
        "jti": str(proof_id),
        "contact": sealed.hex(),  # sealed: a proof may be written to a log by accident
        "device": guess.device or "",
        "exp": int((now + PROOF_LIFETIME).timestamp()),
    }
    header = {"alg": _PROOF_ALGORITHM, "typ": _PROOF_TYPE}
    return Proven(jwt.encode(header, claims, _proof_key(keys), algorithms=[_PROOF_ALGORITHM]), proof_id)


def spend_proof(session: Session, keys: PlatformKeys, proof: str, device: str | None, now: datetime) -> Contact:
    """Use up a proof and return the contact; it stands or falls with the transaction of its use.

    Raises:
        BadProofError: it is no proof of ours, was used, has expired, or belongs to another device.
    """
    claims = _proof_claims(keys, proof)
    try:
        proof_id, expires = UUID(claims["jti"]), int(claims["exp"])
        sealed, bound_to = bytes.fromhex(claims["contact"]), claims["device"]
    except (KeyError, ValueError, TypeError):
        raise BadProofError from None
    if now.timestamp() >= expires or bound_to != (device or ""):
        raise BadProofError
    try:
        ring = keys.sealing_with(key_id_of(sealed))
        kind, _, value = open_sealed(ring, sealed, (_PROOF_TYPE, str(proof_id))).partition(":")
    except CannotOpenError:  # sealed under a key that was taken out of use
        raise BadProofError from None
    row = {"id": proof_id, "expires_at": now + PROOF_LIFETIME}
    if session.scalar(insert(SpentProof).values(row).on_conflict_do_nothing().returning(SpentProof.id)) is None:
        raise BadProofError
    return Contact(kind, value)  # type: ignore[arg-type]  # sealed by us


def _proof_claims(keys: PlatformKeys, proof: str) -> dict[str, Any]:
    try:
        decoded = jwt.decode(proof, _proof_key(keys), algorithms=[_PROOF_ALGORITHM])
    except (JoseError, ValueError, TypeError):
        raise BadProofError from None
    if decoded.header.get("typ") != _PROOF_TYPE:
        raise BadProofError
    return dict(decoded.claims)


def _proof_key(keys: PlatformKeys) -> OctKey:
    return OctKey.import_key(derive(keys.index, "contact proofs"))
