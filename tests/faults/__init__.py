"""What goes wrong between browsers, djng under uWSGI and Redis, and what must go on meanwhile.

Counts and pauses are small in the normal run; ``TESTS_LONG=1`` in the environment makes them those of production:
5,000 sockets, pauses of 10 seconds, redis timeouts as djng sets them.
"""

import os

#: Whether counts and pauses are those of production.
LONG = os.environ.get('TESTS_LONG') == '1'
