"""Judge photos: what is found in each content, once, and what follows for each listing's photo of it."""
