"""Who may reach what dealers sent: the sender its own files; everything else is the pipelines'."""

from core.access.policies import TableAccess, closed, during, own_org
from core.access.tenant import Step

FILES = TableAccess("feed_files", (own_org(),), api="SELECT, INSERT")
TOKENS = TableAccess(
    "upload_tokens",
    (during(Step.UPLOAD, "a sender is known by its token alone", "SELECT"),),
    api="SELECT (org_id, token_hash, revoked_at)",
)
REJECTS = closed("feed_rejects")
ACTIONS = closed("feed_actions")
SETTINGS = closed("feed_settings")
SOURCES = closed("feed_sources")
