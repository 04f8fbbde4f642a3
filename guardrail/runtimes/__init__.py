"""CEL runtimes behind the `CelRuntime` port: the engine of our own and the second opinion."""
