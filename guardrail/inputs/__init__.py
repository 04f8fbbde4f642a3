"""Input adapters: from paths and bytes to Kubernetes objects and plans."""
