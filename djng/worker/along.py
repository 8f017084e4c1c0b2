"""The worker that runs along in ``manage.py runserver``, so that a beginner needs no other process."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

from djng.signals import is_listened_to
from djng.worker.worker import Worker

logger = logging.getLogger('djng.worker')


def run_along() -> None:
    """Start a worker in a thread of this process, if it is the one in which ``runserver`` serves pages.

    The reloader ends it with the process, wherever it is then: what it had in hand is told again. Receivers that are
    connected later than usual, when a page's module is imported, are waited for.
    """
    if 'runserver' in sys.argv[1:2] and ('--noreload' in sys.argv or os.environ.get('RUN_MAIN') == 'true'):
        threading.Thread(target=_run, name='djng worker', daemon=True).start()


def _run() -> None:
    while not is_listened_to():
        time.sleep(1)
    logger.info('The receivers of djng are called in this process; in production, by manage.py djng_worker')
    Worker().run()
