"""Erase what the log of webhooks holds of people: what partners answered to messages about them."""

from typing import Final

from core.declarations import Eraser
from core.personal_data.subject import Erasing
from pipelines.webhooks.erased import forget_answers


def _erase_answers(work: Erasing) -> int:
    return forget_answers(work.session, work.subject.user_id, work.subject.indexes)


# Before the domains that take the person off leads, deposits and ads: by those the answers are found.
ERASERS: Final = (Eraser("answers to messages about the person", _erase_answers, first=True),)
