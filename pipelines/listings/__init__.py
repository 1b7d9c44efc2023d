"""Write dealers' rows to the inventory: match cars, find changes and removals, and emit their events."""
