"""An app that declares facilities, for servers that have it among their apps."""
