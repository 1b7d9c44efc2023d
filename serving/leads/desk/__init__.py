"""The dealer's desk: leads are listed, read, answered, given to people, merged, counted and exported."""
