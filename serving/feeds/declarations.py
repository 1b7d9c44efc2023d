"""What the feeds domain declares."""

from core.declarations import Declarations, PersonalColumn

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("feed_rejects", "value", "a cell of a feed file, with digits of phone numbers masked", "plain"),
        PersonalColumn("feed_actions", "actor", "the name that an operator gave to a command", "plain"),
    ),
)
