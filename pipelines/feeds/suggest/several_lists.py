"""Choose the list of a zip for which a mapping is proposed, and say what becomes of the others."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from core.errors import RefusedFileError
from pipelines.feeds.readers.unpack import Unpacked
from pipelines.feeds.suggest.suggestion import Suggestion


def choose_list(
    lists: Iterable[tuple[str, Unpacked | RefusedFileError]], propose: Callable[[Unpacked], Suggestion]
) -> Suggestion:
    """Propose for each list, and return the proposal that understands the most fields, with a note on every list.

    Raises:
        RefusedFileError: nothing can be proposed for any of them, with the reason of the first.
    """
    found: dict[str, Suggestion] = {}
    errors: dict[str, RefusedFileError] = {}
    for name, unpacked in lists:
        try:
            if isinstance(unpacked, RefusedFileError):
                raise unpacked
            found[name] = propose(unpacked)
        except RefusedFileError as error:
            errors[name] = error
    if not found:
        raise next(iter(errors.values()))
    best = max(found, key=lambda name: len(found[name].choices))
    notes = [f"the .zip holds {len(found) + len(errors)} files: this proposal is for {best!r}, the best understood."]
    notes += [_other(name, each, found[best]) for name, each in found.items() if name != best]
    notes += [f"{name!r} is left out: {error.detail}" for name, error in errors.items()]
    return replace(found[best], notes=(*notes, *found[best].notes))


def _other(name: str, proposal: Suggestion, best: Suggestion) -> str:
    needed, there = set(best.mapping.source_columns()), set(proposal.mapping.source_columns())
    if needed <= there | set(proposal.unused) and proposal.mapping.format == best.mapping.format:
        return f"{name!r} has the same columns and is read by it too."
    lacking = ", ".join(map(repr, sorted(needed - there - set(proposal.unused))))
    return (
        f"{name!r} lacks {lacking or 'the format of the first'}: its cars are left out, or read only in part. Give"
        " it the same header, or send it alone with a mapping of its own."
    )
