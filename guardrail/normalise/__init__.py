"""Normalisers: from an object as written to the `resource` view."""
