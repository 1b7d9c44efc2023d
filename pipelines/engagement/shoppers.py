"""Tell shoppers apart: by person where one is logged in, else by device, and never two people on one phone as one."""

import polars as pl

from core.engagement.digests import SERVER_DEVICE


def with_shoppers(events: pl.LazyFrame) -> pl.LazyFrame:
    """Add `shopper` to events: equal texts, one shopper; null for what the platform itself tells of no device.

    A person is one shopper on all its devices. What was done before a login is the person's where it was in the same
    session and nobody else was logged in there. Else the device stands for its shopper, and on a device on which two
    people were logged in each session does, since it may have been either.

    Args:
        events: columns `device`, `session`, `person` and `event_id`, among others.
    """
    logins = events.filter(pl.col("person").is_not_null()).select("device", "session", "person").unique()
    of_session = logins.group_by("device", "session").agg(alone=pl.when(pl.len() == 1).then(pl.col("person").first()))
    of_device = logins.group_by("device").agg(people=pl.col("person").n_unique())
    joined = events.join(of_session, on=["device", "session"], how="left").join(of_device, on="device", how="left")
    device, session = pl.col("device").cast(pl.String), pl.col("session").cast(pl.String)
    person = pl.coalesce("person", "alone")
    shopper = (
        pl.when(person.is_not_null())
        .then(pl.format("person {}", person))
        .when(pl.col("device") == SERVER_DEVICE)
        .then(None)
        .when(pl.col("people").fill_null(0) < 2)
        .then(pl.format("device {}", device))
        .when(session.is_not_null())
        .then(pl.format("session {} {}", device, session))
        .otherwise(pl.format("event {}", pl.col("event_id")))
    )
    return joined.with_columns(shopper=shopper).drop("alone", "people")
