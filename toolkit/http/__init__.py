"""From an endpoint and values to bytes, and from bytes to a verdict."""
