"""Compile the wanted paths into a tree that is followed while a car's elements are parsed.

Paths are `a/b`, `a/b[type='x']/c`, `a/b[@type='x']/c`, `a/@id`, `@id`, by local names. A condition can only be judged
when its element ends, so columns behind one are collected in cells of their own and moved then.
"""

import re
from dataclasses import dataclass, field

VALUE_SEPARATOR = "\n"
"""Between the texts of a path that matches several elements (photos)."""
_PART = re.compile(r"([^/@\[\]]+)(?:\[(@?)([^='\[\]]+)='([^']*)'\])?")


@dataclass(frozen=True, slots=True)
class ConditionalCell:
    """Move the cell `held` to the cell `target` where the cell `condition` holds `wanted`."""

    condition: int
    wanted: str
    held: int
    target: int


@dataclass(slots=True)
class PathNode:
    """List the cells that the text, the attributes and the children of one element fill."""

    inner: dict[str, "PathNode"] = field(default_factory=dict)
    texts: list[int] = field(default_factory=list)
    attributes: list[tuple[str, int]] = field(default_factory=list)
    choices: list[ConditionalCell] = field(default_factory=list)


@dataclass
class Paths:
    """Hold the tree of all wanted paths; path number i fills cell i, further cells are those that await a condition."""

    root: PathNode
    cells: int


def compile_paths(paths: tuple[str, ...]) -> Paths:
    """Build the tree of the paths.

    Raises:
        ValueError: a path that is none of the known forms.
    """
    tree = Paths(PathNode(), len(paths))
    for number, path in enumerate(paths):
        _add(tree, path, number)
    return tree


def _add(tree: Paths, path: str, target: int) -> None:
    step = tree.root
    way, at, attribute = path.partition("@") if path.rpartition("/")[2].startswith("@") else (path, "", "")
    for part in way.rstrip("/").split("/") if way else ():
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{path!r} is no path that can be read")
        step = step.inner.setdefault(match[1], PathNode())
        if match[3] is None:
            continue
        condition, held = tree.cells, tree.cells + 1
        tree.cells += 2
        if match[2]:
            step.attributes.append((match[3], condition))
        else:
            step.inner.setdefault(match[3], PathNode()).texts.append(condition)
        step.choices.append(ConditionalCell(condition, match[4], held, target))
        target = held
    if at:
        step.attributes.append((attribute, target))
    else:
        step.texts.append(target)
