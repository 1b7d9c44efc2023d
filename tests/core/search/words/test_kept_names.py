"""Names are counted again after their time, for each audience apart, however often a search asks."""

from core.access.audience import Audience
from core.search.words.kept_names import KEPT_SECONDS, kept_for_seconds
from core.search.words.typeahead import SuggestIndex
from core.vocabulary import Channel, Visibility


def test_names_are_counted_once_in_their_time_and_for_each_audience() -> None:
    now, counted = [100.0], list[SuggestIndex]()

    def count() -> SuggestIndex:
        counted.append(SuggestIndex(()))
        return counted[-1]

    recent = kept_for_seconds()
    first = recent.names(Audience.anonymous(), now[0], count)
    now[0] += KEPT_SECONDS
    assert recent.names(Audience.anonymous(), now[0], count) is first
    other = recent.names(Audience(Channel.AUTOTRADER, frozenset({Visibility.PUBLIC})), now[0], count)
    assert other is not first
    now[0] += 0.1
    assert recent.names(Audience.anonymous(), now[0], count) is counted[2] is not first
    assert len(counted) == 3
