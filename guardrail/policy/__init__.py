"""Policies and the profile: documents, schema, binding and the compiled library."""
