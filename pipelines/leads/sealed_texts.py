"""The sealed columns of leads: what buyers say and send, and how they are reached."""

from typing import Final

from core.personal_data.sealed_column import SealedColumn

LEAD_CONTACT: Final = SealedColumn("leads", "sealed_contact", "contact", "blind_index")
LEAD_NAME: Final = SealedColumn("leads", "sealed_name", "contact", "blind_index")
LEAD_EMAIL: Final = SealedColumn("leads", "sealed_email", "contact", "blind_index")
ATTACHMENT: Final = SealedColumn("lead_attachments", "sealed_content", "contact", "blind_index")
EVENT_TEXT: Final = SealedColumn("lead_events", "sealed_text", "contact", "blind_index")
