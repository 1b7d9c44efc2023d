"""Uploads of photos: addresses to upload to, and the confirmation that takes a picture in."""
