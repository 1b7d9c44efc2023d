"""The consumer that tells dealers what became of their files."""

from typing import Final

from core.outbox.consumers import Consumer

NOTICES: Final = Consumer("feeds.notices", ("feed",))
