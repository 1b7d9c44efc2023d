"""Random business calendars and histories of clocks, near changes of clocks, seasons and holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "Asia/Karachi", "Asia/Karachi", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Africa/Casablanca",
    "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "UTC",
)  # fmt: skip
NEAR = tuple(
    map(
        date.fromisoformat,
        ("2026-11-27", "2027-03-09", "2026-10-25", "2026-03-29", "2026-11-01", "2027-03-14", "2026-04-05"),
    )
)

_MINUTES = st.one_of(st.integers(0, 1439), st.sampled_from((0, 60, 120, 150, 180, 540, 780, 870, 1080, 1380)))


@st.composite
def periods(draw: st.DrawFn) -> str:
    start = draw(_MINUTES)
    end = draw(
        st.one_of(st.integers(0, 1440), st.sampled_from((1440, 780, 1080, 120))).filter(lambda end: end != start)
    )
    return f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"


WEEKS = st.dictionaries(st.sampled_from(DAYS), st.lists(periods(), max_size=4), max_size=7)
BUSY_WEEKS = st.fixed_dictionaries({}, optional={day: st.lists(periods(), min_size=1, max_size=3) for day in DAYS})


@st.composite
def spans(draw: st.DrawFn, near: date, count: int) -> list[dict[str, object]]:
    """Draw spans of days that do not overlap, around a date."""
    edges = sorted(draw(st.sets(st.integers(-6, 12), min_size=2 * count, max_size=2 * count)))
    return [
        {"from": str(near + timedelta(days=edges[at])), "to": str(near + timedelta(days=edges[at + 1]))}
        for at in range(0, 2 * count, 2)
    ]


@st.composite
def calendars(draw: st.DrawFn, near: date) -> dict[str, object]:
    seasons = draw(spans(near, draw(st.integers(0, 2))))
    exceptions = draw(spans(near, draw(st.integers(0, 3))))
    return {
        "timezone": draw(st.sampled_from(ZONES)),
        "week": draw(st.one_of(WEEKS, BUSY_WEEKS)),
        "seasons": [span | {"week": draw(WEEKS)} for span in seasons],
        "exceptions": [span | {"periods": draw(st.lists(periods(), max_size=2))} for span in exceptions],
    }


@st.composite
def cases(draw: st.DrawFn, step: int) -> dict[str, object]:
    """Draw a calendar, a start, minutes, percentages and events whose times are whole steps (60 or 1 seconds)."""
    near = draw(st.sampled_from(NEAR))
    calendar = draw(calendars(near))
    midnight = datetime(near.year, near.month, near.day, tzinfo=ZoneInfo(str(calendar["timezone"]))).astimezone(UTC)
    day = 86_400 // step
    start = midnight + timedelta(seconds=step * draw(st.integers(-day // 2, 2 * day)))
    reach = 4 * day if step == 60 else day // 4
    kinds = st.sampled_from(("pause", "resume", "pause", "resume", "answer", "auto_reply", "reassigned"))
    moments = st.tuples(st.integers(-day // 8, reach), kinds)
    return {
        "calendar": calendar,
        "start": start,
        "minutes": draw(st.one_of(st.integers(1, 90), st.integers(1, 1500)) if step == 60 else st.integers(1, 40)),
        "warn_at": draw(st.sampled_from(((50, 80), (50, 80), (1, 33, 99), ()))),
        "events": [(start + timedelta(seconds=step * at), kind) for at, kind in draw(st.lists(moments, max_size=8))],
    }
