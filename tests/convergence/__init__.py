"""Whether bound browsers converge: a model of them, random programs, and the real thing."""
