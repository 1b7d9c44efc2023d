"""Messages to people, as services queue them."""
