"""Pages that the tests need."""

from django.http import HttpRequest, HttpResponse
from django.urls import path


def hello(request: HttpRequest) -> HttpResponse:
    """Show that the project serves pages."""
    return HttpResponse('hello')


urlpatterns = [path('hello/', hello)]
