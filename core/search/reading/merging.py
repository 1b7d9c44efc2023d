"""Make one chip of each field of all that was read."""

from core.search.reading.chips import Chip, ChipField


def merged(chips: list[Chip]) -> list[Chip]:
    """Make one chip of each field: alternatives add up, ranges are cut to both, of two orders the first holds."""
    by_field: dict[ChipField, Chip] = {}
    for chip in chips:
        known = by_field.get(chip.field)
        by_field[chip.field] = chip if known is None else _both(known, chip)
    return list(by_field.values())


def _both(one: Chip, other: Chip) -> Chip:
    spans = one.spans + other.spans
    if one.sort is not None:
        return Chip(one.field, spans, one.filters, sort=one.sort)
    filters = dict(one.filters)
    for name, value in other.filters.items():
        if isinstance(value, tuple):
            filters[name] = tuple(dict.fromkeys((*filters.get(name, ()), *value)))
        elif name not in filters:
            filters[name] = value
        else:
            filters[name] = max(filters[name], value) if name.endswith("_min") else min(filters[name], value)
    field = one.field.value
    low, high = filters.get(f"{field}_min"), filters.get(f"{field}_max")
    if low is not None and high is not None and low > high:
        return Chip(one.field, one.spans, one.filters, one.wider)
    return Chip(one.field, spans, filters)
