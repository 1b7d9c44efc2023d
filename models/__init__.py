"""The models, and nothing but: frames in, frames out. No database, no network, no clock; a REPL is enough to use them."""
