"""What `examples/run` does before and around the demo's server; standard library only."""
