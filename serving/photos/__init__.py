"""Photos and documents of listings, as people upload, order and see them."""
