"""For authors of applications: simulated browsers in Django's tests, on a relay and a Redis that are real."""

from djng.test.binding import Binding
from djng.test.browsers import Browsers
from djng.test.cases import BindingMixin, BindingTestCase
from djng.test.errors import NotConverged, SocketRefused
from djng.test.mapping import DictBinding
from djng.test.place import NoRedis
from djng.test.sequence import ListBinding

__all__ = [
    'Binding',
    'BindingMixin',
    'BindingTestCase',
    'Browsers',
    'DictBinding',
    'ListBinding',
    'NoRedis',
    'NotConverged',
    'SocketRefused',
]
