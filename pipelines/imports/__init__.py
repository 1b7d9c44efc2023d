"""Import files into the listings, and take removals back: the flows that are one transaction over feeds and listings.

Everything that decides a file - listings, prices, outbox, rejects, counts, status - is one transaction, which the
caller commits. A file that is still `registered` was therefore not applied, whatever happened to the process that
tried, and trying again finishes it; a file that was decided answers with what was recorded.
"""

from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.imports.context import ImportContext, context_of
from pipelines.imports.diff import FeedDiff, diff_delivery, diff_replay
from pipelines.imports.import_file import import_delivery, import_file, preview_file
from pipelines.imports.removals import RemovalDecision, approve_removals, undo_removals
from pipelines.imports.replay import replay_file
from pipelines.imports.result import ImportResult

__all__ = [
    "Delivery",
    "FeedDiff",
    "ImportContext",
    "ImportResult",
    "RemovalDecision",
    "approve_removals",
    "context_of",
    "diff_delivery",
    "diff_replay",
    "import_delivery",
    "import_file",
    "preview_file",
    "replay_file",
    "undo_removals",
]
