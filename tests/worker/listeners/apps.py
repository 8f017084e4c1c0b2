"""That the app is here."""

from django.apps import AppConfig


class ListenersConfig(AppConfig):
    """Connects the receivers, as Django's documentation has it."""

    name = 'tests.worker.listeners'
    label = 'listeners'

    def ready(self) -> None:
        """Import the module in which they are."""
        from tests.worker.listeners import receivers  # noqa: F401
