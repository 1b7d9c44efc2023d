"""Events by which shoppers get in touch, as apps send them."""

from core.engagement.schemas import EventSchema

CONTACT_REVEAL = EventSchema("contact_reveal", "The phone number of a car was shown.")
WHATSAPP_CLICK = EventSchema("whatsapp_click", "WhatsApp was opened for a car.")
CALL_CLICK = EventSchema("call_click", "A call about a car was begun.")
FINANCE_CTA = EventSchema("finance_cta", "Financing of a car was asked for.")
INSPECTION_CTA = EventSchema("inspection_cta", "An inspection of a car was asked for.")
