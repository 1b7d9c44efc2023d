"""Declare who may see bands and the market index; the pipelines make both, from ads that may be used for them."""

from core.access.policies import TableAccess, closed, everybody, of_visible

BANDS = TableAccess("price_bands", (of_visible("listings", "price_bands.listing_id"),), api="SELECT")
INDEX = TableAccess(
    "market_index",
    (everybody("published; made of public cars, and of others by the privacy thresholds"),),
    api="SELECT",
)
MODELS = TableAccess(
    "price_models", (everybody("every quote says which model made it; samples stand elsewhere"),), api="SELECT"
)
SALES = TableAccess(
    "sale_models",
    (everybody("figures over at least 1,000 sales, or the reason why there are none; counts are not granted"),),
    api="SELECT (id, trained_at, artifact)",
)
EVENTS = closed("price_model_events")
HISTORY = closed("price_history")
ACCURACY = closed("price_accuracy")
DRIFT = closed("price_drift")
