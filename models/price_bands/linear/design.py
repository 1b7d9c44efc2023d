"""The design of a linear formula: which column each weight has, and the non-zero entries of cars.

All terms are worked out together, a few NumPy calls for one car as for many. Key combinations are numbered by their
place in one sorted array of all combinations that training saw; combination 0 of each term stands for an unknown one
and has no weight.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types

from models.price_bands.inputs.columns import Floats, Ints
from models.price_bands.inputs.encoder import CODES, EncodedCars
from models.price_bands.linear.packing import TAG_BITS, Packing
from models.price_bands.linear.terms import Basis, Term

Bases = Mapping[str, Basis]


@dataclass(frozen=True)
class Entries:
    """Entries of the design: a weight's column and amount for each car and place, and for each trim word of a car."""

    columns: Ints  # (cars, places); places of the terms without words, in their order
    amounts: Floats
    token_rows: Ints
    token_columns: Ints  # (words, terms with words); amounts are 1


@dataclass(frozen=True)
class Design:
    """Numbered combinations of the keys of `terms`.

    `sizes` are one more than the largest code of each of `code_names` and, last, of trim words. `known` is sorted.
    """

    terms: tuple[Term, ...]
    code_names: tuple[str, ...]
    sizes: Ints
    shapes: dict[str, tuple[int, int]]  # by basis: how many functions it has, and how many a car has that are not 0
    known: Ints

    @classmethod
    def learn(
        cls, terms: Sequence[Term], cars: EncodedCars, bases: Bases, sizes: Ints, code_names: tuple[str, ...] = CODES
    ) -> "Design":
        """Collect the combinations of keys that these cars have."""
        shapes = {name: (basis.width, basis.codes.shape[1]) for name, basis in bases.items()}
        empty = cls(tuple(terms), code_names, sizes, shapes, np.zeros(0, dtype=np.int64))
        packing = empty.packing
        unknown = (cars.codes < 0) @ (packing.keys > 0)
        unknown_words = (cars.codes[cars.token_rows] < 0) @ (packing.word_keys > 0) | (cars.tokens < 0)[:, None]
        combinations, words = empty._combinations(cars), empty._word_combinations(cars)
        known = np.unique(np.concatenate([combinations[~unknown], words[~unknown_words]]))
        return cls(tuple(terms), code_names, sizes, shapes, known)

    def entries(self, cars: EncodedCars, bases: Bases) -> Entries:
        """Compute the entries of cars; the column of an unknown combination is among those of `unknown_columns`."""
        layout = self._layout
        slots = self._slots(self._combinations(cars), layout.slot_of_first)
        codes = np.concatenate([bases[name].codes for name in self.shapes], axis=1)
        values = np.concatenate([bases[name].values for name in self.shapes], axis=1)
        columns = slots[:, layout.keys] * layout.place_widths + codes[:, layout.basis] + layout.starts
        words = self._slots(self._word_combinations(cars), layout.word_slot_of_first) + layout.word_columns
        return Entries(columns, values[:, layout.basis], cars.token_rows, words)

    def matrix(self, cars: EncodedCars, bases: Bases) -> sparse.csr_array:
        """Build the sparse design matrix of cars: (cars, `columns`)."""
        found = self.entries(cars, bases)
        rows = np.broadcast_to(np.arange(cars.height)[:, None], found.columns.shape)
        word_rows = np.broadcast_to(found.token_rows[:, None], found.token_columns.shape)
        rows = np.concatenate([rows.ravel(), word_rows.ravel()])
        columns = np.concatenate([found.columns.ravel(), found.token_columns.ravel()])
        amounts = np.concatenate([found.amounts.ravel(), np.ones(found.token_columns.size)])
        used = (amounts != 0) & ~self.unknown_columns[columns]
        shape = (cars.height, self.columns)
        places = rows[used].astype(np.int32), columns[used].astype(np.int32)
        return sparse.csr_array((amounts[used], places), shape=shape)

    def sums(self, entries: Entries, weights: Floats, splits: Sequence[int]) -> list[Floats]:
        """Sum weight times amount over the places of each car, by ranges of places that end at `splits`.

        What the trim words add is in the first.
        """
        amounts = weights[entries.columns] * entries.amounts
        starts = [0, *splits[:-1]]
        sums = [amounts[:, start:stop].sum(axis=1) for start, stop in zip(starts, splits, strict=True)]
        words = weights[entries.token_columns].sum(axis=1)
        sums[0] = sums[0] + np.bincount(entries.token_rows, weights=words, minlength=len(amounts))
        return sums

    def places(self, accept: Callable[[Term], bool]) -> int:
        """Count the places of the terms without words that are accepted."""
        names = [self.terms[number].name for number in self._layout.place_terms]
        accepted = {term.name for term in self.terms if accept(term)}
        return sum(name in accepted for name in names)

    @property
    def columns(self) -> int:
        """The number of weights."""
        return self._layout.columns

    @cached_property
    def scales(self) -> Floats:
        """The prior standard deviation of each weight."""
        scales = np.ones(self.columns)
        for term, where in zip(self.terms, self._layout.slices, strict=True):
            scales[where] = term.scale
        return scales

    @cached_property
    def unknown_columns(self) -> NDArray[np.bool_]:
        """Flags of the columns of unknown combinations, which have no weight."""
        unknown = np.zeros(self.columns, dtype=np.bool_)
        for term, where in zip(self.terms, self._layout.slices, strict=True):
            unknown[where.start : where.start + self.shapes[term.basis][0]] = True
        return unknown

    def table(self, weights: Floats, name: str) -> Floats:
        """View the weights of a term as (known combinations, basis functions)."""
        number = [term.name for term in self.terms].index(name)
        width = self.shapes[self.terms[number].basis][0]
        return weights[self._layout.slices[number]].reshape(-1, width)[1:]

    def known_keys(self, name: str) -> Ints:
        """List the codes of the known combinations of a term, in the order of `table`: (combinations, keys)."""
        keys = next(term.keys for term in self.terms if term.name == name)
        tag = self.key_tuples.index(keys)
        packed = self.known[slice(*self.known.searchsorted(np.array([tag, tag + 1]) << TAG_BITS))] % (1 << TAG_BITS)
        places = [(*self.code_names, "token").index(key) for key in keys]
        codes = []
        for place in reversed(places):
            packed, code = np.divmod(packed, self.sizes[place] + 1)
            codes.append(code - 1)
        return np.column_stack(codes[::-1])

    def _combinations(self, cars: EncodedCars) -> Ints:
        """Pack the keys of each car and key tuple into one integer; an unknown key packs as 0, others from 1."""
        return (cars.codes + 1) @ self.packing.keys + self.packing.tags

    def _word_combinations(self, cars: EncodedCars) -> Ints:
        """Do the same for each trim word of a car and tuple of keys that ends with the word."""
        packing = self.packing
        return (cars.codes[cars.token_rows] + 1) @ packing.word_keys + (cars.tokens + 1)[:, None] + packing.word_tags

    def _slots(self, combinations: Ints, slot_of_first: Ints) -> Ints:
        """Find the number of each combination among those of its keys, from 1; 0 for an unknown one."""
        place = self.known.searchsorted(combinations)
        slots: Ints = (place + slot_of_first) * (self._known_and_end[place] == combinations)
        return slots

    @cached_property
    def _known_and_end(self) -> Ints:
        return np.append(self.known, -1)

    @cached_property
    def packing(self) -> Packing:
        """The multipliers that turn a car's codes into combinations."""
        return Packing.of(self.key_tuples, self.code_names, self.sizes)

    @cached_property
    def key_tuples(self) -> list[tuple[str, ...]]:
        """The distinct tuples of keys, those with words last: a tuple's place is its tag."""
        tuples = list(dict.fromkeys(term.keys for term in self.terms))
        return sorted(tuples, key=lambda keys: "token" in keys)

    @cached_property
    def _layout(self) -> "_Layout":
        return _Layout.of(self)


@dataclass(frozen=True)
class _Layout:
    """Offsets of each term's weights in the array of all weights, and the lookup of an entry's column."""

    columns: int
    slices: list[slice]  # of each term
    place_terms: list[int]
    keys: Ints  # of each place: its tuple of keys
    place_widths: Ints
    basis: Ints  # of each place: its column among those of all bases
    starts: Ints  # of each place
    slot_of_first: Ints  # of each tuple of keys without words: what its first known combination is from its place
    word_slot_of_first: Ints
    word_columns: Ints  # of each term with words: its first column

    @classmethod
    def of(cls, design: Design) -> "_Layout":
        """Lay out the weights of a design: for each term (1 + known combinations) times the width of its basis."""
        tuples = design.key_tuples
        tags = np.arange(len(tuples) + 1, dtype=np.int64) << TAG_BITS
        bounds = np.searchsorted(design.known, tags)
        plain = len(design.packing.tags)
        first_basis = _first_basis_columns(design)
        slices, places, word_columns, word_tuples = [], [], [], []
        start = 0
        for number, term in enumerate(design.terms):
            key, width = tuples.index(term.keys), design.shapes[term.basis][0]
            size = (1 + int(bounds[key + 1] - bounds[key])) * width
            slices.append(slice(start, start + size))
            if key >= plain:
                word_columns.append(start)
                word_tuples.append(key)
            else:
                at, count = first_basis[term.basis]
                places += [(number, key, width, at + place, start) for place in range(count)]
            start += size
        table = np.array(places, dtype=np.int64).reshape(-1, 5).T
        order = np.argsort(word_tuples) if word_tuples else np.zeros(0, dtype=np.int64)
        return cls(
            start, slices, table[0].tolist(), table[1], table[2], table[3], table[4], 1 - bounds[:plain],
            1 - bounds[plain:-1], np.array(word_columns, dtype=np.int64)[order],
        )  # fmt: skip


def _first_basis_columns(design: Design) -> dict[str, tuple[int, int]]:
    """Find the first column of each basis among those of all bases, and how many it has."""
    found, start = {}, 0
    for name, (_, places) in design.shapes.items():
        found[name] = (start, places)
        start += places
    return found
