"""Compile audiences and typed filters to tantivy's query objects. No string of a caller is ever parsed."""

from tantivy import Query, Schema

from core.access.audience import Audience
from core.search.filters import AllOf, AnyOf, Between, Filter, ListingFilters, Near, NoneOf, SomeOf, TermField
from core.search.places import by_distance
from core.search.tantivy.boolean_queries import every, some, without
from core.search.tantivy.range_buckets import between, visible_between
from core.search.tantivy.schema import PLACE, VISIBLE_TO, term_name, visibility_term


def compile_filter(node: Filter, schema: Schema) -> Query:
    """Compile the typed tree to a query."""
    match node:
        case AnyOf(field, values):
            return some([Query.term_query(schema, term_name(field), value, "basic") for value in values])
        case NoneOf(field, values):
            return without(Query.all_query(), compile_filter(AnyOf(field, values), schema))
        case Between():
            return between(node, schema)
        case Near(point, radius):
            near = [keys for distance, keys in by_distance(point) if distance <= radius]
            return Query.term_set_query(schema, PLACE, [key for keys in near for key in keys])
        case AllOf(parts):
            return every([compile_filter(part, schema) for part in parts])
        case SomeOf(parts):
            return some([compile_filter(part, schema) for part in parts])


def compile_scope(filters: ListingFilters, audience: Audience, schema: Schema) -> Query:
    """Compile filters and audience to one query: the same as both trees say, in fewer passes.

    What an audience sees by channel and visibility is one term for each visibility, or part of a range; the listings of
    its own organisation are added as an alternative.
    """
    parts = filters.tree().parts
    ranges = [part for part in parts if isinstance(part, Between)]
    others = [compile_filter(part, schema) for part in parts if not isinstance(part, Between | NoneOf)]
    denied = [compile_filter(AnyOf(part.field, part.values), schema) for part in parts if isinstance(part, NoneOf)]
    visible = [visible_between(one, audience, schema) for one in ranges] or [_visible(audience, schema)]
    scopes = [every([*visible, *others])]
    if audience.org_id is not None:
        own = AllOf((AnyOf(TermField.CHANNEL, (audience.channel,)), AnyOf(TermField.ORG, (audience.org_id.hex,))))
        scopes.append(every([compile_filter(own, schema), *(between(one, schema) for one in ranges), *others]))
    return without(some(scopes), some(denied)) if denied else some(scopes)


def _visible(audience: Audience, schema: Schema) -> Query:
    terms = [visibility_term(audience.channel, one) for one in sorted(audience.visibilities)]
    return some([Query.term_query(schema, VISIBLE_TO, term, "basic") for term in terms])
