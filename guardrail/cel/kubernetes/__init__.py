"""The libraries that Kubernetes adds to CEL."""
