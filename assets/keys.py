"""Declare the asset keys once, since assets refer to each other by key, never by import; and the tag of runs."""

import dagster as dg

FEED_FILES = dg.AssetKey(["feeds", "feed_files"])
FEED_ROWS = dg.AssetKey(["feeds", "feed_rows"])
FEED_REJECTS = dg.AssetKey(["feeds", "feed_rejects"])
LISTINGS = dg.AssetKey(["listings", "listings"])
FEED_PHOTOS = dg.AssetKey(["photos", "feed_photos"])
PHOTOS = dg.AssetKey(["photos", "photos"])
PHOTO_SCORES = dg.AssetKey(["photos", "photo_scores"])
PLATE_BLURS = dg.AssetKey(["photos", "plate_blurs"])
DUPLICATE_PHOTOS = dg.AssetKey(["photos", "duplicate_photos"])
LISTING_MEDIA_SCORES = dg.AssetKey(["photos", "listing_media_scores"])
LISTING_INDEX = dg.AssetKey(["search", "listing_index"])
INDEXED_RATINGS = dg.AssetKey(["search", "indexed_ratings"])
PRICING_SAMPLES = dg.AssetKey(["price_bands", "pricing_samples"])
MARKET_INDEX = dg.AssetKey(["price_bands", "market_index"])
PRICE_MODEL = dg.AssetKey(["price_bands", "price_model"])
ACCURACY = dg.AssetKey(["price_bands", "accuracy"])
RECALIBRATED_MODEL = dg.AssetKey(["price_bands", "recalibrated_model"])
PRICE_BANDS = dg.AssetKey(["price_bands", "price_bands"])
SALE_MODEL = dg.AssetKey(["price_bands", "sale_model"])
LEDGER_PROOF = dg.AssetKey(["deposits", "ledger_proof"])
RECONCILIATION = dg.AssetKey(["deposits", "reconciliation"])
DEPOSITS_DAILY = dg.AssetKey(["deposits", "deposits_daily"])
LEAD_EVENTS = dg.AssetKey(["leads", "lead_events"])
SLA_REPORT = dg.AssetKey(["leads", "sla_report"])
LEAD_SCORE_MODEL = dg.AssetKey(["leads", "lead_score_model"])
AUDIT_TRAIL = dg.AssetKey(["audit", "audit_trail"])
EVENT_FILES = dg.AssetKey(["engagement", "event_files"])
HOURLY_COUNTS = dg.AssetKey(["engagement", "hourly_counts"])
DAILY_COUNTS = dg.AssetKey(["engagement", "daily_counts"])
FUNNELS = dg.AssetKey(["engagement", "funnels"])
COUNTED_UNTIL = dg.AssetKey(["engagement", "counted_until"])
DELIVERIES_DAILY = dg.AssetKey(["webhooks", "deliveries_daily"])

DOMAIN_TAG = "automart/domain"
"""The tag of a run by which `dagster.yaml` limits how many of a domain go side by side."""

# In the order in which a run makes them, which is the order of the demo's progress display.
MARKET_KEYS = (
    FEED_FILES,
    FEED_ROWS,
    LISTINGS,
    FEED_REJECTS,
    FEED_PHOTOS,
    PHOTOS,
    PHOTO_SCORES,
    PLATE_BLURS,
    DUPLICATE_PHOTOS,
    LISTING_MEDIA_SCORES,
    LISTING_INDEX,
    PRICING_SAMPLES,
    MARKET_INDEX,
    PRICE_MODEL,
    ACCURACY,
    RECALIBRATED_MODEL,
    PRICE_BANDS,
    SALE_MODEL,
    INDEXED_RATINGS,
    LEDGER_PROOF,
    RECONCILIATION,
    DEPOSITS_DAILY,
    LEAD_EVENTS,
    LEAD_SCORE_MODEL,
    SLA_REPORT,
    AUDIT_TRAIL,
    DELIVERIES_DAILY,
)

# Apart, since they are partitioned by hour or day: one run cannot make them together with unpartitioned assets.
ENGAGEMENT_KEYS = (EVENT_FILES, HOURLY_COUNTS, DAILY_COUNTS, FUNNELS, COUNTED_UNTIL)
ALL_KEYS = (*MARKET_KEYS, *ENGAGEMENT_KEYS)
