"""Write the report of a dealer's file as a page: its counts, what to correct, and the cars that wait for a decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.clock import PAKISTAN
from core.db.tables import FeedFile
from core.text.html_page import html_page, html_table, policy_of
from pipelines.feeds.file_warnings import FileWarning, warnings_of
from pipelines.feeds.unread_columns import unread_of
from serving.feeds.outcomes import Page, RejectedRow, list_rejects, list_removals
from serving.feeds.report.words import fix_in, problem_of, say
from serving.feeds.service import get_feed_file

STYLE: Final = (
    "body{font:14px/1.5 'Noto Nastaliq Urdu','Noto Naskh Arabic',system-ui,'DejaVu Sans',sans-serif;color:#1c2430;"
    "max-width:900px;margin:24px auto;padding:0 16px}[lang=ur]{line-height:2}h1{font-size:22px}h2{font-size:16px;"
    "margin:20px 0 6px;border-bottom:1px solid #d5dbe3}.warning{background:#fdf1d6;padding:8px}table{border-collapse:"
    "collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:3px 8px;border-bottom:1px solid #e6eaf0;"
    "overflow-wrap:anywhere}th{white-space:nowrap}td{min-width:6em}bdi{unicode-bidi:isolate}@media print{body{margin:0}"
    "h2{break-after:avoid}}"
)
POLICY: Final = policy_of(STYLE)
MOST_ROWS: Final = 200
"""Rejected rows and held cars that the page shows; the CSV has all rows."""
_COUNTS: Final = {
    "rows_read": "Rows read",
    "rows_created": "New cars",
    "rows_updated": "Changed cars",
    "rows_unchanged": "Unchanged cars",
    "rows_rejected": "Rejected rows",
    "rows_removed": "Cars taken off",
    "removals_held": "Cars that wait for your decision",
}


@dataclass(frozen=True)
class FileReport:
    """All that the report of one file shows: its rows to correct, whether there are more, and the cars held."""

    file: FeedFile
    rejects: list[RejectedRow]
    more_rejects: bool
    held: Sequence[dict[str, Any]]

    @property
    def warnings(self) -> Sequence[FileWarning]:
        """Cars to look at, of which no row was rejected."""
        return warnings_of(self.file.warnings)


def report_of(session: Session, principal: Principal, dealer: str, file_id: UUID) -> FileReport:
    """Read the report of one of the dealer's own files.

    Raises:
        ForbiddenError, UnknownOrgError, FeedFileNotFoundError: see `get_feed_file`.
    """
    file = get_feed_file(session, principal, dealer, file_id)
    page = Page(limit=MOST_ROWS, waiting=True)
    rejects, more = list_rejects(session, principal, dealer, file_id, page)
    held, _ = list_removals(session, principal, dealer, file_id, page)
    return FileReport(file, rejects, more is not None, held)


def report_page(report: FileReport, language: str) -> str:
    """Write the report as an HTML page in English (`en`) or Urdu (`ur`)."""
    file = report.file
    heading = say("Your stock file", language)
    counts = [(say(words, language), f"{getattr(file, name):,}") for name, words in _COUNTS.items()]
    received = f"{file.received_at.astimezone(PAKISTAN):%Y-%m-%d %H:%M}"
    state = [(say("Received", language), received), (say("State", language), say(file.status, language))]
    state += [(say("Why", language), file.refusal)] if file.refusal else []
    body = [
        f"<h1>{heading}: {_own(file.name)}</h1>",
        _table((), [*state, *counts]),
        _lost_columns(file, language),
        _warnings(report, language),
        _held(report, language),
        _reasons(file, language),
        _unread(file, language),
        _prices(file, language),
        _rows(report, language),
    ]
    return html_page(f"{heading}: {file.name}", "".join(body), language=language, style=STYLE)


def _lost_columns(file: FeedFile, language: str) -> str:
    lost = [_own(each.column) for each in unread_of(file.not_understood) if each.whole]
    said = say("Not one cell of these columns was understood:", language)
    return f'<p class="warning">{said} {", ".join(lost)}</p>' if lost else ""


def _warnings(report: FileReport, language: str) -> str:
    said = (f'<p class="warning">{_own(each.sentence(language))}</p>' for each in report.warnings)
    return "".join(said)


def _held(report: FileReport, language: str) -> str:
    if not report.held:
        return ""
    why = say("These cars are not in the file and stay on offer until you approve that they are gone.", language)
    heads = [say(words, language) for words in ("Stock number", "Car")]
    cars = _table(heads, [(each["source_key"], each["title"]) for each in report.held])
    return f'{_title("Cars that wait for your decision", language)}<p class="warning">{why}</p>{cars}'


def _reasons(file: FeedFile, language: str) -> str:
    if not file.reasons:
        return ""
    heads = [say(words, language) for words in ("Rows", "Reason", "What to do")]
    most = sorted(file.reasons.items(), key=lambda each: (-each[1], each[0]))
    rows = [(f"{count:,}", _reason(code, language), fix_in(code, language)) for code, count in most]
    return _title("Why rows were rejected", language) + _table(heads, rows)


def _unread(file: FeedFile, language: str) -> str:
    if not file.not_understood:
        return ""
    heads = [say(words, language) for words in ("Column", "Cells", "Words")]
    rows = [
        (each.column, f"{each.not_understood:,} / {each.filled:,}", ", ".join(word for word, _ in each.words))
        for each in unread_of(file.not_understood)
    ]
    return _title("Not understood", language) + _table(heads, rows)


def _prices(file: FeedFile, language: str) -> str:
    if not file.prices.get("priced"):
        return ""
    names = {"smallest": "Smallest", "median": "Median", "largest": "Largest",
             "under_a_tenth": "Cars under a tenth of the market", "implausible": "Implausible prices"}  # fmt: skip
    rows = [(say(words, language), f"{file.prices[name]:,}") for name, words in names.items()]
    return _title("Prices in rupees", language) + _table((), rows)


def _rows(report: FileReport, language: str) -> str:
    title = _title("Rows to correct", language)
    if not report.rejects:
        return f"{title}<p>{say('Nothing to correct.', language)}</p>"
    more = say("The first of them; all are in the CSV.", language) if report.more_rejects else ""
    heads = [say(words, language) for words in ("Row", "Stock number", "Column", "Value", "What to do")]
    cells = [
        (str(each.reject.row_number), each.reject.source_key or "", each.reject.column or "", each.reject.value or "",
         fix_in(each.reject.code, language))
        for each in report.rejects
    ]  # fmt: skip
    return f"{title}<p>{more}</p>{_table(heads, cells)}"


def _reason(code: str, language: str) -> str:
    return problem_of(code) if language == "en" else code


def _title(words: str, language: str) -> str:
    return f"<h2>{say(words, language)}</h2>"


def _own(text: str) -> str:
    return f"<bdi>{escape(text)}</bdi>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table of plain texts."""
    return html_table([escape(head) for head in heads], ([_own(cell) for cell in row] for row in rows))
