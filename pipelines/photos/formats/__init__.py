"""The structure of image files, read in plain Python before any decoder sees them."""
