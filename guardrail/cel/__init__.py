"""CEL: the expression runtime behind the `CelRuntime` port, and unknown values."""
