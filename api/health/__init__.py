"""For those who run the platform: is it up, can it answer."""
