"""Bytes that others call a picture: read before they are believed, and marked where a plan says so."""

from billing_core.adapters.pictures.reading import NotAPicture, read_picture

__all__ = ["NotAPicture", "read_picture"]
