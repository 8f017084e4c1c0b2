"""The demo's own code, without a browser."""
