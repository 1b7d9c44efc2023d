"""Give leads to people: by rules, to those on shift, by their open load."""
