"""Declare the jobs, and the schedules that start them.

Feeds and training are separate jobs. Feeds must be quick, so they end with bands from the model that there is;
training takes its time once a week. Both run in one process: a step of its own costs 6 to 9 s on two cores, the
steps themselves a fraction of that.

Why jobs and not automation conditions: the steps from file to band are one unit of work on the same pending
files, so starting each one apart when the one before it is done buys nothing and costs a run each.
"""

from assets.keys import (
    ACCURACY,
    DOMAIN_TAG,
    DUPLICATE_PHOTOS,
    FEED_FILES,
    FEED_PHOTOS,
    FEED_REJECTS,
    FEED_ROWS,
    INDEXED_RATINGS,
    LISTING_INDEX,
    LISTING_MEDIA_SCORES,
    LISTINGS,
    MARKET_INDEX,
    MARKET_KEYS,
    PHOTO_SCORES,
    PHOTOS,
    PLATE_BLURS,
    PRICE_BANDS,
    PRICE_MODEL,
    PRICING_SAMPLES,
    RECALIBRATED_MODEL,
    SALE_MODEL,
)
from assets.schedules import one_process_job, scheduled

_FEEDS, _PRICE_BANDS = {DOMAIN_TAG: "feeds"}, {DOMAIN_TAG: "price_bands"}

dealer_feeds = one_process_job(
    "dealer_feeds",
    selection=[FEED_FILES, FEED_ROWS, LISTINGS, FEED_REJECTS, LISTING_INDEX, PRICE_BANDS, INDEXED_RATINGS],
    tags=_FEEDS,
    description="From landed files to searchable listings with bands from the present price model.",
)
feed_photos_copying = one_process_job(
    "feed_photos_copying",
    selection=[FEED_PHOTOS],
    tags={DOMAIN_TAG: "photos"},
    description="Copy the photos that feeds name; apart from the feeds, which do not wait for strangers' servers.",
)
photos_judging = one_process_job(
    "photos_judging",
    selection=[PHOTOS, PHOTO_SCORES, PLATE_BLURS, DUPLICATE_PHOTOS, LISTING_MEDIA_SCORES],
    tags={DOMAIN_TAG: "photos"},
    description="Judge what the loop has not judged, and record what was found; apart from the copying, which waits for"
    " strangers' servers.",
)
price_training = one_process_job(
    "price_training",
    selection=[PRICING_SAMPLES, MARKET_INDEX, PRICE_MODEL, PRICE_BANDS, SALE_MODEL, INDEXED_RATINGS],
    tags=_PRICE_BANDS,
    description="Compute the market index; train, calibrate and evaluate a price model; promote it if it is not worse; "
    "refresh all bands; fit the sale model.",
)
price_watch = one_process_job(
    "price_watch",
    selection=[ACCURACY, RECALIBRATED_MODEL, PRICE_BANDS, INDEXED_RATINGS],
    tags=_PRICE_BANDS,
    description="Measure the price model on prices that came after it; recalibrate it where it breaks a promise.",
)
whole_market = one_process_job(
    "whole_market",
    selection=list(MARKET_KEYS),
    tags=_PRICE_BANDS,
    description="The whole graph, from landed files to a new model's bands.",
)

price_bands_weekly = scheduled(
    name="price_bands_weekly",
    job=price_training,
    cron_schedule="0 3 * * 1",  # Monday, after the weekend's ads and before the dealers' week
    description="The market moves some 15 % a year: a weekly model is never more than a third of a percent behind.",
)
price_watch_daily = scheduled(
    name="price_watch_daily",
    job=price_watch,
    cron_schedule="40 5 * * *",  # when the night's feeds are in, and well after Monday's training
    description="A broken promise is seen, and mended where recalibration can, within a day.",
)
feed_photos_hourly = scheduled(
    name="feed_photos_hourly",
    job=feed_photos_copying,
    cron_schedule="22 * * * *",  # a quarter of an hour after dealer_feeds_hourly
    description="A new car has its photos within the hour; photos that there are, are asked for again once a week.",
)
photos_judged_hourly = scheduled(
    name="photos_judged_hourly",
    job=photos_judging,
    cron_schedule="52 * * * *",  # half an hour after feed_photos_hourly
    description="The loop judges within seconds; this catches up where it did not run, and draws what was found.",
)
dealer_feeds_hourly = scheduled(
    name="dealer_feeds_hourly",
    job=dealer_feeds,
    cron_schedule="7 * * * *",
    description="Picks up files whose run failed, and changes that reached the database by another door (the CLI).",
)
