"""The models, and nothing but: frames in, frames out. No database, network or clock; a REPL is enough to use them."""
