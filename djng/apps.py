"""That djng is here, for Django's app registry."""

from django.apps import AppConfig


class DjngConfig(AppConfig):
    """djng among ``INSTALLED_APPS``."""

    name = 'djng'
    verbose_name = 'Three-way data-binding'
