"""The consumer that tells people of their leads."""

from typing import Final

from core.outbox.consumers import Consumer

NOTICES: Final = Consumer("leads.notices", ("lead",))
