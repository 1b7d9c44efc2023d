"""Each reject has its advice in Urdu, so that a new code cannot be forgotten."""

from pipelines.feeds.reject_codes import REJECT_CODES
from serving.feeds.report.words import fix_in


def test_every_code_has_urdu_advice() -> None:
    for code in REJECT_CODES:
        assert any("\u0600" <= letter <= "\u06ff" for letter in fix_in(code, "ur")), code
