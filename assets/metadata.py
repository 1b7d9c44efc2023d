"""Turn counts into metadata for the Dagster UI: numbers as numbers (so that they plot), tables as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

INBOX_FINGERPRINT = "inbox_fingerprint"
"""The state of the inbox that a materialisation of `feed_files` has seen; the sensor compares it with the present."""


def counts(result: Mapping[str, Any]) -> dict[str, dg.MetadataValue]:
    """Turn the fields of a result dataclass into metadata; nested counts become a table, `None` is left out."""
    metadata: dict[str, dg.MetadataValue] = {}
    for name, value in result.items():
        if isinstance(value, bool):
            metadata[name] = dg.MetadataValue.bool(value)
        elif isinstance(value, int):
            metadata[name] = dg.MetadataValue.int(value)
        elif isinstance(value, float):
            metadata[name] = dg.MetadataValue.float(value)
        elif isinstance(value, Mapping):
            metadata[name] = table([{"what": str(key), "count": str(count)} for key, count in value.items()])
        elif isinstance(value, list | tuple):
            metadata[name] = dg.MetadataValue.json([str(each) for each in value])
        elif value is not None:
            metadata[name] = dg.MetadataValue.text(str(value))
    return metadata


def evaluation(metrics: Mapping[str, Any]) -> dict[str, dg.MetadataValue]:
    """Turn a model's metrics into metadata: the overall numbers (they plot over the versions), peers and segments."""
    overall = {name: value for name, value in metrics.items() if not isinstance(value, Mapping | list)}
    parts = {"heuristic": metrics.get("heuristic", {}), **metrics.get("segments", {})}
    columns = ("rows", "median_ape", "mape", "coverage", "mean_width")
    rows = [{"part": name} | {column: part.get(column, "") for column in columns} for name, part in parts.items()]
    return counts(overall) | {"segments": table(rows), "beside_the_champion": table(metrics.get("gate", []))}


def table(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    """Make a table of rows of plain values; every row has the keys of the first."""
    if not rows:
        return dg.MetadataValue.md("none")
    records = [dg.TableRecord({name: _plain(value) for name, value in row.items()}) for row in rows]
    return dg.MetadataValue.table(records)


def _plain(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)
