"""Judge photos, cover plates, and score listings: what the loop does within seconds, caught up and recorded."""

from dataclasses import asdict

import dagster as dg

from assets.freshness import DAILY
from assets.keys import DUPLICATE_PHOTOS, FEED_PHOTOS, LISTING_MEDIA_SCORES, LISTINGS, PHOTO_SCORES, PHOTOS, PLATE_BLURS
from assets.metadata import counts
from assets.pipeline_asset import pipeline_asset
from assets.plots import histogram_plot, picture_metadata
from core.db.session import transaction
from core.platform import Platform
from pipelines.photos.judging.backlog import compare_backlog, decide_backlog, judge_backlog, score_backlog
from pipelines.photos.judging.grids import photo_grid
from pipelines.photos.judging.state import (
    code_counts,
    histogram,
    listing_counts,
    photo_counts,
    shown_photos,
    verdict_counts,
)
from pipelines.photos.pairs.state import pair_counts, shown_pairs

_BUDGET_SECONDS = 1_500.0
"""The rest waits for the next run, or for the loop."""


@pipeline_asset(
    PHOTOS,
    deps=[LISTINGS, FEED_PHOTOS],
    kinds={"postgres"},
    freshness=DAILY,
    description="The photos that listings show, uploaded or copied from feeds, by the state of their plates: "
    "pending ones wait for a verdict, held ones show a paper, waived ones are shown as they came.",
)
def photos(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Count the photos; they come by uploads and by `feed_photos`."""
    with transaction(platform.sessions) as session:
        found = photo_counts(session)
    return dg.MaterializeResult(metadata=counts({"photos": sum(found.values()), "by_state": found}))


@pipeline_asset(
    PHOTO_SCORES,
    deps=[PHOTOS],
    kinds={"onnx", "opencv"},
    freshness=DAILY,
    description="A verdict on every content that a listing shows: score, codes, plates, vehicle; judged once for each "
    "content and version, two at a time, in children with limits. `automart work` judges new photos within seconds.",
)
def photo_scores(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Judge what waits, and what models or libraries of another version judged."""
    report = asdict(judge_backlog(platform, _BUDGET_SECONDS))
    with transaction(platform.sessions) as session:
        state, codes, tens = verdict_counts(session), code_counts(session), histogram(session, "photos")
    plot = histogram_plot(tens, "Photos by score")
    return dg.MaterializeResult(metadata={**counts(report | state | {"codes": codes}), "histogram": plot})


@pipeline_asset(
    PLATE_BLURS,
    deps=[PHOTO_SCORES],
    kinds={"pillow"},
    freshness=DAILY,
    description="Public variants with flat areas in place of number plates, decided for each listing's photo and "
    "under new addresses. The pictures below are public variants; originals are never drawn here.",
)
def plate_blurs(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Decide the photos whose content has a verdict."""
    decided = decide_backlog(platform)
    with transaction(platform.sessions) as session:
        found = photo_counts(session)
    grids = {"last_covered": _grid(platform, "covered"), "worst_ten": _grid(platform, "worst")}
    return dg.MaterializeResult(metadata={**counts({"listings_decided": decided, "photos": found}), **grids})


@pipeline_asset(
    DUPLICATE_PHOTOS,
    deps=[PLATE_BLURS],
    kinds={"opencv", "postgres"},
    freshness=DAILY,
    description="Pairs of photos that were proved to be one, on whatever listings and at whatever time: found by "
    "hashes and words, proved inside the car's box. Pictures that very many share are in no pair.",
)
def duplicate_photos(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Compare photos that the loop has not compared yet."""
    compared = compare_backlog(platform, _BUDGET_SECONDS)
    with transaction(platform.sessions) as session:
        found, shown = pair_counts(session), shown_pairs(session)
    grid = picture_metadata(photo_grid(platform.storage, shown, most_columns=2), "last pairs")
    return dg.MaterializeResult(metadata={**counts({"compared_now": compared, **found}), "last_pairs": grid})


@pipeline_asset(
    LISTING_MEDIA_SCORES,
    deps=[DUPLICATE_PHOTOS],
    kinds={"postgres"},
    freshness=DAILY,
    description="What the photos of each listing are worth together: count, missing views, order, cover, the photo "
    "most worth taking again; `photo_score` and `has_good_photos` of the search.",
)
def listing_media_scores(platform: dg.ResourceParam[Platform]) -> dg.MaterializeResult[None]:
    """Score the listings whose photos, slots or order have changed."""
    scored = score_backlog(platform)
    with transaction(platform.sessions) as session:
        state, tens = listing_counts(session), histogram(session, "listings")
    plot = histogram_plot(tens, "Listings by score of their photos")
    return dg.MaterializeResult(metadata={**counts({"scored_now": scored, **state}), "histogram": plot})


def _grid(platform: Platform, which: str) -> dg.MetadataValue:
    with transaction(platform.sessions) as session:
        shown = shown_photos(session, which)
    return picture_metadata(photo_grid(platform.storage, shown), f"{which} photos")
