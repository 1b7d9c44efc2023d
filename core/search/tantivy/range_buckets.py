"""Answer ranges by terms: a kind of audience and the bucket of a number, in one integer.

A range over a column looks at every listing, and another pass is needed to check who may see it. A bucket holds the
values of one lakh of rupees, one year, 5,000 km or 100 cc; the index has for each listing a term for each pair of
bucket and kind of audience. So "public cars of automart.pk from 20 to 40 lakh" is a run of neighbouring terms, which
costs as much as it finds. Only in the buckets at the two ends of a range is the value of each listing compared.
"""

from tantivy import FieldType, Query, Schema

from core.access.audience import Audience
from core.search.filters import Between, NumberField
from core.search.tantivy.boolean_queries import every, some
from core.search.tantivy.schema import KINDS, bucket_name, number_name
from core.vocabulary import Channel, Visibility

_WIDTHS = {NumberField.YEAR: 1, NumberField.PRICE: 100_000, NumberField.MILEAGE: 5_000, NumberField.ENGINE_CC: 100}
_BITS = 40
_LAST = 2**_BITS - 1
_INT64 = 2**63


def bucket_of(field: NumberField, value: int) -> int:
    """Return the bucket of a number. A listing's field holds it once for each kind of audience (`audience_kinds`)."""
    bucket: int = min(max(value // _WIDTHS[field], 0), _LAST)
    return bucket


def audience_kinds(visibility: str, channels: tuple[str, ...]) -> list[int]:
    """Return the kinds of audience that see a listing, each in the bits above those of a bucket."""
    known = (KINDS.get((channel, visibility)) for channel in channels)
    return [kind << _BITS for kind in known if kind is not None]


def visible_between(node: Between, audience: Audience, schema: Schema) -> Query:
    """Match listings in the range that the audience sees by channel and visibility (not those that are its own)."""
    return some([_kind_between(node, audience.channel, one, schema) for one in sorted(audience.visibilities)])


def between(node: Between, schema: Schema, field_name: str | None = None) -> Query:
    """Match listings in the range, visible or not, by looking at every value."""
    name = field_name or number_name(node.field)
    low, high = node.low, node.high
    if (low is not None and low >= _INT64) or (high is not None and high < -_INT64):
        return Query.empty_query()
    floor = None if low is None else max(low, -_INT64)
    ceiling = None if high is None else min(high, _INT64 - 1)
    if floor is None and ceiling is None:
        return Query.exists_query(name)
    return Query.range_query(schema, name, FieldType.Integer, lower_bound=floor, upper_bound=ceiling)


def _kind_between(node: Between, channel: Channel, visibility: Visibility, schema: Schema) -> Query:
    width = _WIDTHS[node.field]
    base = KINDS[channel, visibility] << _BITS
    first = 0 if node.low is None else bucket_of(node.field, node.low)
    last = _LAST if node.high is None else bucket_of(node.field, node.high)
    at_ends: list[int] = []
    inner_first, inner_last = first, last
    if node.low is not None and (first in (0, _LAST) or node.low % width):
        at_ends.append(first)
        inner_first += 1
    if node.high is not None and (last in (0, _LAST) or (node.high + 1) % width):
        at_ends.append(last)
        inner_last -= 1
    name = bucket_name(node.field)
    parts = []
    if inner_first <= inner_last:
        parts.append(between(Between(node.field, base + inner_first, base + inner_last), schema, name))
    exact = between(node, schema)
    edges = [Query.term_query(schema, name, base + bucket) for bucket in dict.fromkeys(at_ends)]
    return some([*parts, *(every([edge, exact]) for edge in edges)])
