"""Three-way data-binding for Django and AngularJS: browser, view and server hold one object."""

#: The release, read by ``setup.py``, by the JavaScript build and by the documentation.
__version__ = '1.0.0'
