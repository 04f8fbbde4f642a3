"""Reporters: from a report to text, JSON and more."""
