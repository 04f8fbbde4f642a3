"""YAML and JSON as Kubernetes reads them, with the position of every value."""
