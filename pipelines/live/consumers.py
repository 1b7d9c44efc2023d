"""The consumer that numbers events."""

from core.outbox.consumers import Consumer

NUMBERING = Consumer("live", ("listing", "lead", "deposit"))
