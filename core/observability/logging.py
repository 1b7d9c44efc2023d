"""Configure logging once, at the edge that starts a process: text for people or JSON for a log store, on stderr.

Modules only ask for `logging.getLogger(__name__)`. Every line carries the fields of the present work
(`core.observability.context`) and passes the redaction, whoever wrote it, tracebacks of libraries included.
"""

import logging
import sys
from typing import Final, Literal, TextIO

from core.observability.context import current_fields
from core.observability.redaction import redact

LogFormat = Literal["text", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_TALKATIVE: Final = ("httpx", "httpcore", "asyncssh", "alembic", "urllib3", "great_expectations", "matplotlib")
"""Libraries whose INFO lines are about themselves; some print whole URLs, whose query may hold a secret."""
_FIELDS: Final = "fields"


def configure_logging(service: str, *, level: LogLevel, style: LogFormat, stream: TextIO | None = None) -> None:
    """Send the log lines of this process to `stream` (stderr), in place of whatever was configured before.

    `service` names the process (`api`, `work`, `cli`, `dagster`) in each line.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_json_formatter(service) if style == "json" else _text_formatter(service))
    handler.addFilter(_add_fields)
    root = logging.getLogger()
    for before in root.handlers[:]:
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_fields(record: logging.LogRecord) -> bool:
    setattr(record, _FIELDS, dict(current_fields()))
    return True


class RedactedFormatter(logging.Formatter):
    """Format with another formatter, then take personal data and secrets out of the finished line."""

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        """Return the redacted line, traceback included."""
        return redact(self._inner.format(record))


class _TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        fields: dict[str, str] = getattr(record, _FIELDS, {})
        if not fields:
            return line
        head, newline, traceback = line.partition("\n")
        return f"{head}  {' '.join(f'{name}={value}' for name, value in fields.items())}{newline}{traceback}"


def _text_formatter(service: str) -> logging.Formatter:
    return RedactedFormatter(_TextFormatter(f"%(asctime)s %(levelname)-7s {service} %(name)s: %(message)s"))


def _json_formatter(service: str) -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter  # only where JSON is asked for

    return RedactedFormatter(
        JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            static_fields={"service": service},
            timestamp="time",
            json_ensure_ascii=False,
        )
    )
