"""Load batches from lines of JSON, by the door through which apps send them.

A line is one batch as it is posted, with an optional `received_at` (when it had come, for replays and tests) and an
optional `user_agent`. Batches go in their order, some thousand events a transaction.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.engagement.hours import TOLERANCE
from core.errors import InvalidInputError
from pipelines.engagement.capture.batch import Batch, Caller
from pipelines.engagement.capture.capturing import EventResult, capture
from pipelines.engagement.capture.fields import BadValueError, read_time
from pipelines.engagement.capture.parsing import parse_batch
from pipelines.engagement.capture.reading import BadBatchError, BatchReader

MOST_BYTES: Final = 512 * 1024
_AT_ONCE: Final = 5_000
_LONGEST_SPAN: Final = timedelta(days=1)
"""Of the arrivals in a transaction: repeats are told within 7 days, and one transaction tells each key once."""


@dataclass(frozen=True)
class LineAnswer:
    """The answer to a line: of each event, or the code and sentence by which the whole batch was refused."""

    line: int
    results: tuple[EventResult, ...] = ()
    code: str | None = None
    detail: str | None = None


@dataclass
class LoadReport:
    """The numbers of a load: accepted + duplicate + rejected = events."""

    batches: int = 0
    events: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    refused_batches: int = 0
    codes: dict[str, int] = field(default_factory=dict)

    def count(self, answer: LineAnswer) -> None:
        """Add the answer to a line."""
        self.batches += 1
        if answer.code is not None:
            self.refused_batches += 1
            self._code(answer.code)
        for result in answer.results:
            self.events += 1
            setattr(self, result.status, getattr(self, result.status) + 1)
            if result.code is not None:
                self._code(result.code)

    def _code(self, code: str) -> None:
        self.codes[code] = self.codes.get(code, 0) + 1


def load_lines(
    sessions: SessionFactory, reader: BatchReader, lines: Iterable[bytes], on_answer: Callable[[LineAnswer], object]
) -> LoadReport:
    """Capture the batches of lines; `on_answer` gets the answers in the order of the lines, once they are committed."""
    report = LoadReport()
    for chunk in _chunks(_read(reader, lines)):
        batches = [each for _, each in chunk if isinstance(each, Batch)]
        with transaction(sessions) as session:
            captured = iter(capture(session, batches) if batches else [])
        for number, each in chunk:
            answer = each if isinstance(each, LineAnswer) else LineAnswer(number, tuple(next(captured)))
            report.count(answer)
            on_answer(answer)
    return report


_Read = tuple[int, Batch | LineAnswer]


def _read(reader: BatchReader, lines: Iterable[bytes]) -> Iterator[_Read]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield number, _batch(reader, line)
        except InvalidInputError as error:
            yield number, LineAnswer(number, code=error.code, detail=error.detail)


def _batch(reader: BatchReader, line: bytes) -> Batch:
    if len(line) > MOST_BYTES:
        raise BadBatchError(f"A batch has at most {MOST_BYTES // 1024} KiB.")
    sent: Any = parse_batch(line)
    given, agent, now = None, "", utc_now()
    if isinstance(sent, dict):
        given, agent = sent.pop("received_at", None), sent.pop("user_agent", "")
    received_at = now if given is None else _received_at(given)
    if received_at > now + TOLERANCE:
        raise BadBatchError("`received_at` is in the future.")
    return reader.read(sent, received_at, Caller(agent=agent if isinstance(agent, str) else ""))


def _received_at(given: object) -> datetime:
    try:
        return read_time(given)
    except BadValueError:
        raise BadBatchError("`received_at` is a time with an offset: 2026-11-27T10:00:00Z.") from None


def _chunks(read: Iterator[_Read]) -> Iterator[list[_Read]]:
    chunk: list[_Read] = []
    events, first = 0, None
    for number, each in read:
        if isinstance(each, Batch):
            apart = first is not None and abs(each.received_at - first) > _LONGEST_SPAN
            if chunk and (apart or events + len(each.events) > _AT_ONCE):
                yield chunk
                chunk, events, first = [], 0, None
            first = first or each.received_at
            events += len(each.events)
        chunk.append((number, each))
    if chunk:
        yield chunk


def answer_line(answer: LineAnswer) -> str:
    """Write the answer to a line as JSON, as the API answers it."""
    if answer.code is not None:
        return json.dumps({"line": answer.line, "code": answer.code, "detail": answer.detail})
    results = [{"id": each.id, "status": each.status, "code": each.code} for each in answer.results]
    return json.dumps({"line": answer.line, "results": results})
