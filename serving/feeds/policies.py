"""Declare who may read and write the tables of feeds: the dealer's own people and staff, or the pipelines alone."""

from core.access.policies import TableAccess, closed, of_visible, own_org, staff

FILES = TableAccess("feed_files", (own_org(), staff()), api="SELECT, INSERT")
REJECTS = TableAccess("feed_rejects", (of_visible("feed_files", "feed_rejects.file_id"),), api="SELECT")
REQUESTS = TableAccess("feed_requests", (own_org(), staff()), api="SELECT, INSERT")
ACTIONS = closed("feed_actions")
SETTINGS = closed("feed_settings")
PRICE_DOUBTS = closed("feed_price_doubts")
SOURCES = TableAccess("feed_sources", (own_org(), staff()), api="SELECT, INSERT, DELETE")
