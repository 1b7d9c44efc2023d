"""Price bands."""

from fastapi import APIRouter

router = APIRouter(tags=["price bands"])
