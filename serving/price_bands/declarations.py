"""Assemble the declarations of the price band domain."""

from core.declarations import Declarations, EventType, PersonalColumn
from core.prices.deal_ratings import PRICE_BAND, RATED, RENEWED
from serving.price_bands.webhook_events import CHANGED

DECLARATIONS = Declarations(
    events=(EventType(PRICE_BAND, RATED), EventType(PRICE_BAND, RENEWED)),
    webhook_events=(CHANGED,),
    personal_columns=(
        PersonalColumn(
            "price_model_events", "actor", "the name that an operator gave to a command", "plain", "outside"
        ),
        PersonalColumn("price_model_events", "reason", "free text that operators write", "plain", "outside"),
    ),
    harmless_columns={
        "market_index": ("segment_kind", "segment", "make", "model"),
        "price_accuracy": ("model_version", "segment"),
        "price_history": ("digest", "name"),
        "price_bands": ("method", "reason", "model_version"),
        "price_drift": ("model_version", "input"),
        "price_model_events": ("version", "replaced", "kind"),
        "sale_models": ("artifact", "metrics"),
        "price_models": (
            "version",
            "status",
            "storage_key",
            "data_digest",
            "metrics",
            "origin",
            "parent_version",
            "code_digest",
        ),
    },
)
