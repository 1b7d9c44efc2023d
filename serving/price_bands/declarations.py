"""What the price band domain declares."""

from core.declarations import Declarations, EventType

DECLARATIONS = Declarations(events=(EventType("price_band", "rated"),))
