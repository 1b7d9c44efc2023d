"""From live and removed listings to samples, a price model, and a band for every live listing."""
