"""What a collection is, and how a change reaches it; knows neither Django nor sockets."""
