"""Personal data: a data key for each person, values sealed under it, and the place of every sealed column."""
