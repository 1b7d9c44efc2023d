"""Find the name of a list that a misspelt word stands for, where only one can be meant."""

from collections.abc import Iterable

SHORTEST_MENDED = 4
"""Letters and digits of the shortest name in which a slip is mended."""


def misspelt_name(written: str, known: Iterable[str]) -> str | None:
    """Return the one known name of which a word is one slip away; first letter and digits are never slips.

    A letter too many, missing or swapped with its neighbour is likelier than another letter.

    >>> misspelt_name("corola", ["corolla", "corona"]), misspelt_name("hunda", ["honda", "hyundai"])
    ('corolla', 'honda')
    >>> misspelt_name("rash", ["rush"]), misspelt_name("x1", ["x3"])
    (None, None)
    """
    if len(written) < SHORTEST_MENDED or not written.isascii():
        return None
    ranks = {name: rank for name in known if name[:1] == written[0] and (rank := _rank(written, name))}
    least = [name for name, rank in ranks.items() if rank == min(ranks.values())]
    return least[0] if len(least) == 1 else None


def _rank(written: str, name: str) -> int:
    """Return 1 for a letter too many, missing or swapped, 2 for another letter, 0 for more than one slip."""
    if abs(len(written) - len(name)) > 1 or len(name) < SHORTEST_MENDED:
        return 0
    start = _same(written, name)
    end = _same(written[start:][::-1], name[start:][::-1])
    one, other = written[start : len(written) - end], name[start : len(name) - end]
    if any(char.isdigit() for char in one + other):
        return 0
    if len(one) + len(other) == 1 or (len(one) == 2 and one == other[::-1]):
        return 1
    # Of four letters too many are alike: Vitz and Vits, but also Rush and Rash.
    return 2 if len(one) == len(other) == 1 and len(name) > SHORTEST_MENDED else 0


def _same(one: str, other: str) -> int:
    """Count the letters at the beginning that two words share."""
    return next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
