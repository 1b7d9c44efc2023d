"""How much a full feed may remove before a person is asked. The defaults are published in docs/runbooks/feeds.md."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class RemovalLimits:
    """A feed may remove `always` cars whatever the share, else at most `share` of the live ones, never over `most`."""

    share: float = 0.30
    """Dealers turn over less than a third of their stock between two deliveries; a truncated upload or a broken
    export filter loses more."""
    always: int = 5
    """A small dealer may sell this many at once."""
    most: int = 1_000
    """No dealer sells more in a day, and nobody can look through a longer list of mistakes."""

    def allow(self, missing: int, live: int) -> bool:
        """Whether a full feed that lacks so many of the live cars is believed."""
        return missing <= min(max(self.always, self.share * live), self.most)

    def with_overrides(self, given: dict[str, float]) -> "RemovalLimits":
        """These limits with some of them replaced by a dealer's own, by name."""
        return replace(self, **given)  # type: ignore[arg-type]  # the fields are the same by name


DEFAULT_LIMITS = RemovalLimits()
