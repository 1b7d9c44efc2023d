"""Declare the access to saved and recent searches: each is its owner's; found cars are for the pipelines."""

from core.access.policies import EVERYTHING, PERSON_SQL, Policy, TableAccess, own_person

RECENT = TableAccess("recent_searches", (own_person(),), api=EVERYTHING)
SEARCHES = TableAccess("saved_searches", (own_person(),), api=EVERYTHING)
_OWN = (
    "EXISTS (SELECT FROM saved_searches owner WHERE owner.id = saved_search_matches.search_id"
    f" AND owner.user_id = {PERSON_SQL})"
)
MATCHES = TableAccess("saved_search_matches", (Policy("own_searches", _OWN),), api="SELECT, DELETE")
