"""An app of a project that listens: its receivers write down in Redis what they are told."""
