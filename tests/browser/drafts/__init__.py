"""An app that declares one more facility for the demo: the same form, with drafts that need not be valid."""
