"""Bytes that others call a picture: read before they are believed, and marked where a plan says so."""

from billing_core.adapters.pictures.generator import MarkedImages
from billing_core.adapters.pictures.marking import mark_of
from billing_core.adapters.pictures.reading import NotAPicture, read_picture

__all__ = ["MarkedImages", "NotAPicture", "mark_of", "read_picture"]
