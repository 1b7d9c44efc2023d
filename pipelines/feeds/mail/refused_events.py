"""Write events of mails that delivered nothing, so that the dealer learns of it; nobody answers the mail itself."""

from hashlib import blake2b
from typing import Final

from sqlalchemy.orm import Session

from core.db.tables import FeedSource
from core.errors import AutomartError
from core.observability.redaction import mask_contacts
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from pipelines.feeds.consumers import TOPIC
from pipelines.feeds.mail.message import StockMail

MAIL_REFUSED: Final = "mail_refused"
_LONGEST_REASON: Final = 300  # a payload has a bound


def emit_refused(session: Session, source: FeedSource, mail: StockMail, name: str, error: AutomartError) -> None:
    """Write an event of a mail that was refused, for the dealer whose address it reached.

    Not of automatic mail: a bounce of our own message would be followed by the next message. `name` is the mail's in
    the maildir; its digest makes that a mail which is read twice is told once.
    """
    facts = {
        "code": error.code,
        "refusal": mask_contacts(error.detail)[:_LONGEST_REASON],
        "sent_at": mail.sent_at.isoformat(),
        "mail": blake2b(name.partition(":2,")[0].encode(), digest_size=16).hexdigest(),
    }
    emit(session, TOPIC, NewEvent(source.id, MAIL_REFUSED, source.org_id, payload=facts))
