"""The consumer that tells dealers what became of their files."""

from typing import Final

from core.outbox.consumers import Consumer

TOPIC: Final = "feed"
"""Of events of files that were decided, and of mails that were refused."""
NOTICES: Final = Consumer("feeds.notices", (TOPIC,))
