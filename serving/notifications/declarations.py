"""What the notifications domain declares."""

from core.declarations import Declarations, PersonalColumn

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("messages", "sealed_recipient", "phone number or e-mail address", "sealed"),
        PersonalColumn("messages", "sealed_values", "one-time code or invitation, until it is sent", "sealed"),
    ),
)
