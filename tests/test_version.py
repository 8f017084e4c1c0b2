"""The version stands in one place."""

import re

import djng


def test_version_is_a_release_number():
    """The version is three numbers, as the changelog and the JavaScript build expect it."""
    assert re.fullmatch(r'\d+\.\d+\.\d+', djng.__version__)
