"""Stores: adapters that read policies and the profile from the disk."""
