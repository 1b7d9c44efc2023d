"""The processes of `automart up`, and the ports that they take."""
