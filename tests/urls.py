"""Views that the tests need; none by default."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
