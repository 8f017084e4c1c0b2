"""Django's pages alone, for a uWSGI of their own: blocking views need processes or threads, not gevent."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')
application = get_wsgi_application()
