"""One folder a domain, with fixed file names: assets, checks, sensors, schedules."""
