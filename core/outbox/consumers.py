"""Consumers of the outbox, each declared in its domain's own folder (`<domain>/consumers.py`)."""

from dataclasses import dataclass

from core.gathering import gather


@dataclass(frozen=True)
class Consumer:
    """A follower of some topics. No event of these topics is deleted before the consumer has seen it.

    A consumer may stand for several readers, each with a position of its own (search: one for each index); their
    names begin with the consumer's name and a colon.
    """

    name: str
    topics: tuple[str, ...]

    def part(self, name: str) -> "Consumer":
        """Return one of this consumer's readers."""
        return Consumer(f"{self.name}:{name}", self.topics)


def declared_consumers(package: str) -> tuple[Consumer, ...]:
    """Gather every consumer that the domains of a package declare, whether it has ever read or not.

    Raises:
        ValueError: two of them have one name, and so would share a position.
    """
    found = gather(package, "consumers", Consumer)
    names = [consumer.name for consumer in found]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"These consumers are declared twice: {', '.join(sorted(twice))}.")
    return found
