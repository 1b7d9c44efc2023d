"""Clean the background of photos of vehicles."""
