"""Read a batch as it was sent: the batch is right or refused as a whole, each event is right or rejected by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.engagement.digests import Digests, payload_digest, person_number
from core.engagement.schemas import MOST_EVENTS, EventSchema
from core.errors import InvalidInputError
from pipelines.engagement.capture.agents import agent_marks
from pipelines.engagement.capture.batch import Batch, Caller, SentEvent
from pipelines.engagement.capture.fields import READERS, BadValueError, canonical_text, read_time, read_uuid

_LONGEST_ID: Final = 100
_CONSENTS: Final = ("granted", "unknown", "denied")


class BadBatchError(InvalidInputError):
    """A batch whose own fields cannot be read; none of its events was taken."""

    code = "bad_batch"


class TooManyEventsError(InvalidInputError):
    """A batch has more events than one may have."""

    code = "too_many_events"

    def __init__(self, count: int) -> None:
        super().__init__(f"A batch has at most {MOST_EVENTS} events, not {count}: send the rest in another one.")


@dataclass(frozen=True)
class BatchReader:
    """Reads batches: with the digests of the platform and the schemas of the events that apps send."""

    digests: Digests
    schemas: Mapping[str, EventSchema]

    def read(self, sent: object, received_at: datetime, caller: Caller) -> Batch:
        """Check a batch and all of its events.

        Raises:
            BadBatchError: its own fields cannot be read. TooManyEventsError: as it says.
        """
        if not isinstance(sent, dict):
            raise BadBatchError('A batch is an object: {"sent_at", "device_id", "session_id", "app", "events": [...]}.')
        events = sent.get("events")
        if not isinstance(events, list):
            raise BadBatchError("`events` is a list of events.")
        if len(events) > MOST_EVENTS:
            raise TooManyEventsError(len(events))
        device_id = _id(sent, "device_id")
        if device_id is None:
            raise BadBatchError("`device_id` is missing: the app's own id of the device, of 1 to 100 characters.")
        batch = self._head(sent, device_id, received_at, caller)
        batch.events = [self._event(event, device_id) for event in events]
        for event in batch.events:
            _settle(event, batch)
        return batch

    def _head(self, sent: dict[str, Any], device_id: str, received_at: datetime, caller: Caller) -> Batch:
        session_id, followed = _id(sent, "session_id"), caller.follow and _consent(sent) != "denied"
        person, (app, app_version) = caller.person, _app(sent)
        digests, day = self.digests, received_at.date()
        return Batch(
            received_at=received_at,
            sent_at=_sent_at(sent),
            device=digests.device(device_id) if followed else digests.device_on(device_id, day),
            clock=digests.device(device_id) if followed else None,
            session=digests.session(device_id, session_id) if followed and session_id is not None else None,
            person=person_number(person) if followed and person is not None else None,
            caller=caller,
            app=app,
            app_version=app_version,
            channel=_plain(sent, "channel", "channel"),
            mark=_mark(sent, caller),
            events=[],
        )

    def _event(self, sent: object, device_id: str) -> SentEvent:
        if not isinstance(sent, dict):
            return SentEvent(None, unreadable="invalid_event")
        event = SentEvent(_shown_id(sent.get("id")))
        schema = self.schemas.get(sent["type"]) if isinstance(sent.get("type"), str) else None
        if schema is not None:
            event.type, event.version = schema.type, schema.version
        try:
            event.event_id = _event_id(sent.get("id"))
            if schema is None:
                raise BadValueError("unknown_type" if sent.get("type") is not None else "missing_field")  # noqa: TRY301
            event.payload = payload_digest(canonical_text(sent))
            event.sent_time = read_time(sent.get("at"))
            event.values = _values(sent, schema)
        except BadValueError as error:
            event.unreadable = str(error)
            return event
        event.key = self.digests.key(device_id, event.event_id)
        return event


def _values(sent: dict[str, Any], schema: EventSchema) -> dict[str, Any]:
    fields, found = schema.all_fields, {}
    for name, value in sent.items():
        known = fields.get(name)
        if known is not None and value is not None:
            found[name] = READERS[known.kind](value)
    for name in schema.needed:
        if name not in found:
            raise BadValueError("missing_field")
    return found


def _settle(event: SentEvent, batch: Batch) -> None:
    """Give an event the mark of its batch or of its page, and take words away that nobody agreed to leave."""
    event.first_mark = "preview" if event.values.pop("prerender", False) and batch.mark != "bot" else batch.mark
    if batch.clock is None:
        event.values.pop("query", None)


def _event_id(value: object) -> Any:  # noqa: ANN401  (a UUID)
    try:
        return read_uuid(value)
    except BadValueError:
        raise BadValueError("invalid_id") from None


def _shown_id(value: object) -> str | None:
    """Return the id for the answer, where it can be written there."""
    return value if isinstance(value, str) and len(value) <= _LONGEST_ID and value.isprintable() else None


def _id(sent: dict[str, Any], name: str) -> str | None:
    value = sent.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID or not value.isprintable():
        raise BadBatchError(f"`{name}` is a text of 1 to {_LONGEST_ID} printable characters.")
    return value


def _sent_at(sent: dict[str, Any]) -> datetime:
    try:
        return read_time(sent.get("sent_at"))
    except BadValueError:
        raise BadBatchError(
            "`sent_at` is the time of sending by the device's clock, with an offset: 2026-11-27T10:00:00.000Z."
        ) from None


def _plain(sent: dict[str, Any], name: str, kind: str) -> str | None:
    value = sent.get(name)
    if value is None:
        return None
    try:
        return str(READERS[kind](value))
    except BadValueError:
        raise BadBatchError(f"`{name}` cannot be read: see the schema of events.") from None


def _app(sent: dict[str, Any]) -> tuple[str | None, str | None]:
    """Read the app: a name, or an object with `name` and `version`."""
    app = sent.get("app")
    if isinstance(app, dict):
        return _plain(app, "name", "word"), _plain(app, "version", "word")
    return _plain(sent, "app", "word"), _plain(sent, "app_version", "word")


def _consent(sent: dict[str, Any]) -> str:
    consent = "unknown" if sent.get("consent") is None else sent["consent"]
    if consent not in _CONSENTS:
        raise BadBatchError(f"`consent` is one of {', '.join(_CONSENTS)}.")
    return str(consent)


def _mark(sent: dict[str, Any], caller: Caller) -> str:
    """Mark a batch by its sender; `webdriver` is what a browser says that a program drives."""
    agent, driven = agent_marks()(caller.agent), sent.get("webdriver")
    if driven is not None and not isinstance(driven, bool):
        raise BadBatchError("`webdriver` is true or false.")
    if agent == "bot" or driven is True:
        return "bot"
    if agent == "preview" or caller.prefetched:
        return "preview"
    return "staff" if caller.is_staff else "none"
