"""Price bands: samples, model, and the band of every live listing."""
