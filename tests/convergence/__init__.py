"""Whether bound browsers converge: a model of them, random programs, and the real thing."""

import os

# The browser's rule lies in djng.test, which is nothing without a project.
os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tests.settings')
