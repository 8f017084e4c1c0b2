"""A project's own users, unlike Django's: known by an address, with a UUID for a key, and members of nothing."""
