"""Declare who may reach delivered feeds: the sender and staff its files; everything else is the pipelines'."""

from core.access.policies import TableAccess, closed, own_org, staff

FILES = TableAccess("feed_files", (own_org(), staff()), api="SELECT, INSERT")
REJECTS = closed("feed_rejects")
ACTIONS = closed("feed_actions")
SETTINGS = closed("feed_settings")
PRICE_DOUBTS = closed("feed_price_doubts")
SOURCES = closed("feed_sources")
