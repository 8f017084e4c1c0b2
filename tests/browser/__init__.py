"""djng in a real browser."""
