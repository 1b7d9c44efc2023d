"""Assemble the declarations of the search domain."""

from datetime import timedelta

from core.declarations import Declarations, PersonalColumn, RateLimit, Retention
from pipelines.search.alerts.canonical import DENIALS, TERMS
from serving.search.saved.audience import STILL_TRUE
from serving.search.saved.personal_data import ERASERS, EXPORTERS

DECLARATIONS = Declarations(
    rate_limits=(
        RateLimit("POST /v1/search/tokens", calls=20, seconds=600, per=("user",)),
        RateLimit("POST /v1/saved-searches", calls=60, seconds=3_600, per=("user",)),
        RateLimit("PATCH /v1/saved-searches/{search_id}", calls=300, seconds=3_600, per=("user",)),
    ),
    personal_columns=(
        PersonalColumn("saved_searches", "name", "the owner's name for it, free text", "plain"),
        PersonalColumn("saved_searches", "search", "what the owner looks for, free text", "plain"),
        PersonalColumn("saved_searches", "words", "words of it that no filter says", "plain"),
        PersonalColumn("saved_searches", "understood", "the filters that were read from it", "plain"),
        PersonalColumn("saved_searches", "keys", "the same, for look-ups", "plain"),
        PersonalColumn("recent_searches", "text", "what a person searched for, without contacts", "plain"),
        PersonalColumn("recent_searches", "words", "the same, folded", "plain"),
        *(PersonalColumn("saved_searches", name, "a filter of it", "plain") for name in (*TERMS, *DENIALS, "place")),
    ),
    retention=(
        Retention(
            "recent_searches",
            "words that people searched for, since they did last",
            "searched_at",
            timedelta(days=90),
        ),
        Retention(
            "saved_search_matches",
            "cars that saved searches have told of",
            "matched_at",
            timedelta(days=400),
            where="told_at IS NOT NULL",
        ),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    still_true=(STILL_TRUE,),
    harmless_columns={
        "saved_searches": ("channel", "frequency"),
        "saved_search_matches": ("kind",),
    },
)
