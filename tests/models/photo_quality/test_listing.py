"""A listing's photos are judged together, and what to add, move or take again is named."""

from dataclasses import replace

from models.photo_quality.listing import WANTED, ListedPhoto, judge_listing


def listed(*slots: str, score: int = 90) -> list[ListedPhoto]:
    return [
        ListedPhoto(f"k{at}", slot, at == 0, score, (), "exterior" if at < 4 else "inside")
        for at, slot in enumerate(slots)
    ]


WHOLE = listed("front", "rear", "left", "right", "interior", "odometer", "engine", "boot")


def test_whole_set_of_good_photos_loses_nothing() -> None:
    found = judge_listing(WHOLE)
    assert (found.score, found.codes, found.missing_slots, found.cover, found.retake) == (90, (), (), None, None)
    assert found.has_good_photos


def test_no_photos_score_nothing_and_all_views_are_missing() -> None:
    found = judge_listing([])
    assert (found.score, found.cover, found.retake, found.has_good_photos) == (0, None, None, False)
    assert set(found.missing_slots) == {slot.value for slot in WANTED}


def test_corner_views_show_two_sides() -> None:
    assert judge_listing(listed("front_left", "rear_right")).missing_slots == ("interior", "odometer", "engine")


def test_papers_placeholders_and_repeats_count_for_nothing() -> None:
    paper = replace(WHOLE[6], codes=("document",), score=0)
    found = judge_listing([*WHOLE[:6], paper, replace(WHOLE[7], slot="front")], repeated=[("k7", "k0"), ("k0", "k7")])
    assert found.missing_slots == ("engine",)
    assert found.repeated == (("k0", "k7"),)
    assert {"too_few", "repeated"} < set(found.codes)
    assert judge_listing(WHOLE, repeated=[("k0", "elsewhere"), ("k1", "k1")]).repeated == ()


def test_better_cover_is_named_only_where_it_is_much_better() -> None:
    dim = replace(WHOLE[0], score=40, codes=("underexposed",))
    assert judge_listing([dim, *WHOLE[1:]]).cover in {"k1", "k2", "k3"}
    assert judge_listing([replace(WHOLE[0], score=86), *WHOLE[1:]]).cover is None
    inside_first = [replace(WHOLE[4], is_cover=True), replace(WHOLE[0], is_cover=False), *WHOLE[1:4], *WHOLE[5:]]
    found = judge_listing(inside_first)
    assert found.cover == "k0"
    assert {"weak_cover", "order"} <= set(found.codes)


def test_photo_most_worth_retaking_is_the_worst_without_a_good_one_of_its_slot() -> None:
    soft = replace(WHOLE[1], score=30, codes=("blurred",))
    softer = replace(WHOLE[2], score=20, codes=("moved",))
    assert judge_listing([WHOLE[0], soft, softer, *WHOLE[3:]]).retake == "k2"
    again = ListedPhoto("k9", "left", is_cover=False, score=95, codes=(), scene="exterior")
    assert judge_listing([WHOLE[0], soft, softer, *WHOLE[3:], again]).retake == "k1"
