"""What carries messages between Redis and the browsers' sockets, whichever server runs it."""
