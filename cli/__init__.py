"""The `automart` command: one file a command group. It starts and drives the layers below; it holds no SQL."""
