"""Print messages on stdout, for development: whoever reads the output reads the codes."""

import sys

from pipelines.notifications.senders.contract import OutgoingMessage


class ConsoleSender:
    """Prints one line for each message."""

    def send(self, message: OutgoingMessage) -> None:
        """Print recipient and text. Not a log line: the log's redaction would take both out."""
        line = " ".join(message.content.text.split())
        print(f"Message to {message.recipient.value}: {line}", file=sys.stdout, flush=True)
