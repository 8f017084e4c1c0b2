"""The worker: what the logs say, read in order and handed to the receivers of djng's signals."""
