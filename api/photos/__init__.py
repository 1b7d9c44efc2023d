"""Photos and documents of listings."""

from api.photos import choices, copies, documents, endpoints, plates, uploads
from api.photos.problems import PROBLEMS
from api.photos.router import router

TAG = {"name": "photos", "description": "Upload, order, see and delete photos and documents of cars."}

__all__ = ["PROBLEMS", "TAG", "choices", "copies", "documents", "endpoints", "plates", "router", "uploads"]
