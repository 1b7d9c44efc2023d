"""Events start, keep and end the clocks of a lead."""

from datetime import UTC, datetime, timedelta

from core.states.leads import LeadState
from pipelines.leads.sla.clocks import Clock, HistoryEvent, HistoryKind, clocks_of
from pipelines.leads.sla.policy import ClockKind, ClockPolicy, SlaPolicy

START = datetime(2026, 11, 27, 5, tzinfo=UTC)
ANSWERS = SlaPolicy(first_answer=ClockPolicy(minutes=60), next_answer=ClockPolicy(minutes=60))


def clocks(*events: tuple[int, HistoryKind] | tuple[int, HistoryKind, LeadState]) -> list[tuple[str, int, int | None]]:
    """Give kind, start and end in minutes."""
    history = [HistoryEvent(START + timedelta(minutes=minute), *rest) for minute, *rest in events]
    return [(clock.kind.value, minutes(clock, "started_at"), minutes(clock, "ended_at"))
            for clock in clocks_of(history, ANSWERS)]  # fmt: skip


def minutes(clock: Clock, name: str) -> int | None:
    at = getattr(clock, name)
    return None if at is None else (at - START) // timedelta(minutes=1)


def test_notes_automatic_mail_assignment_and_further_messages_neither_stop_nor_restart() -> None:
    idle = [(5, HistoryKind.NOTE), (6, HistoryKind.AUTO_REPLY), (7, HistoryKind.ASSIGNED), (8, HistoryKind.JOINED)]
    assert clocks((0, HistoryKind.BUYER_MESSAGE), *idle) == [("first_answer", 0, None)]


def test_next_answer_starts_at_the_first_unanswered_message() -> None:
    later = [(20, HistoryKind.BUYER_MESSAGE), (30, HistoryKind.BUYER_MESSAGE), (40, HistoryKind.CALL)]
    found = clocks((0, HistoryKind.BUYER_MESSAGE), (10, HistoryKind.REPLY), *later)
    assert found == [("first_answer", 0, 10), ("next_answer", 20, 40)]


def test_answer_counts_where_only_the_next_one_is_promised() -> None:
    only_next = ANSWERS.model_copy(update={"first_answer": None})
    kinds = [HistoryKind.BUYER_MESSAGE, HistoryKind.REPLY, HistoryKind.BUYER_MESSAGE]
    history = [HistoryEvent(START + timedelta(minutes=at), kind) for at, kind in enumerate(kinds)]
    assert [clock.kind for clock in clocks_of(history, only_next)] == [ClockKind.NEXT_ANSWER]


def test_closing_states_end_every_clock_and_a_later_message_starts_a_new_one() -> None:
    closed = (10, HistoryKind.STATE, LeadState.LOST)
    found = clocks((0, HistoryKind.BUYER_MESSAGE), closed, (60, HistoryKind.BUYER_MESSAGE))
    assert found == [("first_answer", 0, 10), ("first_answer", 60, None)]
