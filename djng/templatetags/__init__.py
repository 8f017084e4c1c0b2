"""djng's template tags."""
