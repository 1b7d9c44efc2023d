"""Read addresses of photos from the many ways in which senders write lists."""

import polars as pl

from pipelines.feeds.mapping.schema import Mapping

MOST_PHOTOS = 60
_ADDRESS = r"^https?://\S+$"
_PLAIN_ADDRESS = r"^https?://[^\s;,|]+$"
_BEGINS_JSON = r"(?m)^\s*[\[{]"
_NEXT = r"[\s;,|]+((?:https?:)?//)"
"""Whatever else the mapping says separates addresses, these do so where another address follows."""


def photo_lists(cells: pl.Series, mapping: Mapping) -> pl.Series:
    """Return the addresses in the sender's order, each once, at most MOST_PHOTOS; an empty list for none."""
    if cells.null_count() == cells.len():
        return pl.select(pl.repeat(pl.lit([], pl.List(pl.String)), cells.len()).alias("photos")).to_series()
    frame = cells.alias("photos").to_frame()
    if cells.str.contains(r"[\[{]").any() and cells.str.contains(_BEGINS_JSON).any():  # the first is quick to see
        frame = frame.select(_without_json())
    lists = frame.select(_split(pl.col("photos"), mapping))
    if _are_plain(lists):
        return lists.select(pl.col("photos").fill_null([])).to_series()
    apart = pl.col("photos").str.replace_all(_NEXT, "\n$1").str.replace_all(r"(?m)^//", "https://")
    lists = frame.select(_split(apart, mapping))
    kept = pl.col("photos").list.eval(_kept(mapping))
    return lists.select(kept.list.unique(maintain_order=True).list.head(MOST_PHOTOS).fill_null([])).to_series()


def _split(cell: pl.Expr, mapping: Mapping) -> pl.Expr:
    return cell.str.replace_all(mapping.photo_separator, "\n").str.split("\n")


def _without_json() -> pl.Expr:
    r"""Return the cell, or its addresses alone where it holds JSON: `[{"url": "https:\/\/…", "tag": ["Front"]}]`."""
    cell = pl.col("photos")
    unescaped = cell.str.replace_all("\\/", "/", literal=True).str.replace_all("\\u0026", "&", literal=True)
    found = unescaped.str.extract_all(r"""(?m)["']https?://[^"'\\]+["']|^https?://\S+$""").list
    addresses = found.eval(pl.element().str.strip_chars("\"'")).list.join("\n")
    return pl.when(cell.str.contains(_BEGINS_JSON)).then(addresses).otherwise(cell)


def _are_plain(lists: pl.DataFrame) -> bool:
    """Return whether every item is surely an address, none twice in its row, and no row has too many: nearly always."""
    if (lists["photos"].list.len().max() or 0) > MOST_PHOTOS:  # type: ignore[operator]  # of integers
        return False
    items = lists.with_row_index("row").drop_nulls("photos").explode("photos")
    if not items["photos"].str.contains(_PLAIN_ADDRESS).all():
        return False
    return bool(items.select((pl.col("photos").hash() ^ (pl.col("row").hash())).n_unique()).item() == items.height)


def _kept(mapping: Mapping) -> pl.Expr:
    one = pl.element().str.strip_chars()
    bare = pl.lit(bool(mapping.photo_base)) & (one != "") & ~one.str.contains(r"[\s:/\\]")
    address = pl.when(one.str.contains(_ADDRESS)).then(one).when(bare).then(pl.lit(mapping.photo_base) + one)
    return address.otherwise(None).drop_nulls()
