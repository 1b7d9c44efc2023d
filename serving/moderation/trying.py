"""Try the rules on a text that belongs to no ad."""

from pipelines.moderation.rules import judge_texts
from serving.moderation.views import FindingView

_FIELD = "description"


def try_text(text: str) -> list[FindingView]:
    """Return the findings of the rules in a text, as if it were the description of an ad."""
    return FindingView.all(judge_texts({_FIELD: text}, [_FIELD]))
