"""Read what a partner or a buyer sent, by HTTP or by mail: prospects where it is ADF, its raw text where it is not."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Literal

from core.errors import InvalidInputError
from pipelines.leads.adf.decoding import MOST_BYTES, AdfTooLargeError, decoded
from pipelines.leads.adf.mail import Mail, looks_like_mail, read_mail
from pipelines.leads.adf.prospects import AdfId, Prospect
from pipelines.leads.adf.read import read_adf
from pipelines.leads.adf.tree import EntitiesRefusedError

MOST_TEXT: Final = 20_000

Kind = Literal["adf", "text", "automatic"]


@dataclass(frozen=True)
class ReadMessage:
    """A message as it was read.

    `adf`: it has prospects. `text`: it has none, and `text` is the lead; `fault` says why it could not be read better.
    `automatic`: no lead, for the reason in `mail.automatic`.
    """

    kind: Kind
    digest: str
    mail: Mail | None
    prospects: tuple[Prospect, ...] = ()
    text: str = field(default="", repr=False)
    fault: str | None = None

    def external_id(self, position: int) -> str:
        """Return what is the same when the message, or the prospect at a position in it, comes again."""
        own = self.prospects[position].ids if position < len(self.prospects) else ()
        first = min(own, key=_order, default=None)
        if first is not None and first.source:
            return f"adf:{first.source}:{first.value}"[:500]
        sent = self.mail.message_id if self.mail is not None else None
        return f"{f'mail:{sent}'[:480] if sent else f'sha256:{self.digest}'}:{position}"


def read_message(raw: bytes) -> ReadMessage:
    """Read an ADF document, or a mail with or without one. What cannot be read keeps its raw text.

    Raises:
        AdfTooLargeError: it has more than 1 MiB.
        EntitiesRefusedError: it declares entities, and so was made to do harm.
    """
    if len(raw) > MOST_BYTES:
        raise AdfTooLargeError
    mail = read_mail(raw) if looks_like_mail(raw) else None
    digest = sha256(raw).hexdigest()
    if mail is not None and mail.automatic is not None:
        return ReadMessage("automatic", digest, mail)
    text = decoded(raw) if mail is None else mail.document
    try:
        prospects = () if text is None else read_adf(text)
    except EntitiesRefusedError:
        raise
    except InvalidInputError as error:
        return ReadMessage("text", digest, mail, text=_raw_text(raw, mail), fault=error.detail)
    if not prospects:
        return ReadMessage("text", digest, mail, text=_raw_text(raw, mail), fault="The mail has no ADF document.")
    return ReadMessage("adf", digest, mail, prospects)


def _raw_text(raw: bytes, mail: Mail | None) -> str:
    if mail is None:
        return decoded(raw).strip()[:MOST_TEXT]
    said = (mail.subject or "", mail.text or mail.document or "")
    return "\n\n".join(part for part in said if part)[:MOST_TEXT]


def _order(each: AdfId) -> int:
    return int(each.sequence) if each.sequence.isdecimal() and len(each.sequence) <= 9 else 10**9
