"""The asset keys, declared once: assets refer to each other through these, never by import. And the tag of runs."""

import dagster as dg

FEED_FILES = dg.AssetKey(["feeds", "feed_files"])
FEED_ROWS = dg.AssetKey(["feeds", "feed_rows"])
FEED_REJECTS = dg.AssetKey(["feeds", "feed_rejects"])
LISTINGS = dg.AssetKey(["listings", "listings"])
FEED_PHOTOS = dg.AssetKey(["photos", "feed_photos"])
LISTING_INDEX = dg.AssetKey(["search", "listing_index"])
INDEXED_RATINGS = dg.AssetKey(["search", "indexed_ratings"])
PRICING_SAMPLES = dg.AssetKey(["price_bands", "pricing_samples"])
MARKET_INDEX = dg.AssetKey(["price_bands", "market_index"])
PRICE_MODEL = dg.AssetKey(["price_bands", "price_model"])
ACCURACY = dg.AssetKey(["price_bands", "accuracy"])
RECALIBRATED_MODEL = dg.AssetKey(["price_bands", "recalibrated_model"])
PRICE_BANDS = dg.AssetKey(["price_bands", "price_bands"])
AUDIT_TRAIL = dg.AssetKey(["audit", "audit_trail"])
DELIVERIES_DAILY = dg.AssetKey(["webhooks", "deliveries_daily"])

DOMAIN_TAG = "automart/domain"
"""The tag of a run by which `dagster.yaml` limits how many of a domain go side by side."""

# In the order in which they come to exist: the demo's progress display goes by it.
ALL_KEYS = (
    FEED_FILES,
    FEED_ROWS,
    LISTINGS,
    FEED_REJECTS,
    FEED_PHOTOS,
    LISTING_INDEX,
    PRICING_SAMPLES,
    MARKET_INDEX,
    PRICE_MODEL,
    ACCURACY,
    RECALIBRATED_MODEL,
    PRICE_BANDS,
    INDEXED_RATINGS,
    AUDIT_TRAIL,
    DELIVERIES_DAILY,
)
