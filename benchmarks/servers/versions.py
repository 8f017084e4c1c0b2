"""Prints the packages that are named, each with the version that is installed."""

import sys
from importlib.metadata import version

print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))
