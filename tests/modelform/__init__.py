"""Drafts of a model's instances: saved, and told what others save."""
