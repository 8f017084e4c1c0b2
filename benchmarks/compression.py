"""What permessage-deflate costs and gives, by size of the message: python -m benchmarks.compression

One line for each size of a form in JSON: what crosses the wire plain and compressed, the CPU time of compressing it
once for all browsers, of inflating it once when a browser says it, and of writing either frame to one socket and
reading it there. Prints a table; ``--keep`` writes docs/compression.txt, too.
"""

import json
import random
import socket
import sys
import time
from pathlib import Path

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode

from djng.relay.broadcast import DEFLATE_FROM, DEFLATE_LEVEL, SHARED, WINDOW_BITS
from djng.relay.connection import encode

OUTPUT = Path(__file__).resolve().parent.parent / 'docs' / 'compression.txt'
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000)
WORDS = ['address', 'home', 'score', 'player', 'the', 'of', 'and', 'comment', 'name', 'city', 'street', 'green', 'goal']


def form(size):
    """Return an object of about ``size`` bytes as a page with a form would send it."""
    draw = random.Random(size)  # noqa: S311  the same each time
    fields = {}
    while len(json.dumps(fields)) < size:
        text = ' '.join(draw.choices(WORDS, k=draw.randint(1, 12)))
        fields[f'{draw.choice(WORDS)}_{len(fields)}'] = draw.choice(
            [text, draw.randint(0, 100_000), draw.random() < 0.5]
        )
    return json.dumps(fields)[:size].encode()


def cpu(function):
    """Return the microseconds of CPU time of one call: the best of several series, which other programs disturb."""
    best = float('inf')
    for _ in range(7):
        count, begin = 0, time.process_time()
        while time.process_time() - begin < 0.05:
            for _ in range(20):
                function()
            count += 20
        best = min(best, (time.process_time() - begin) / count * 1e6)
    return best


def through(frame):
    """Return a function that writes ``frame`` to a loopback socket and reads it at the other end."""
    with socket.create_server(('127.0.0.1', 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        two, _ = listener.accept()
    for sock in (one, two):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write():
        one.send(frame)
        left = len(frame)
        while left:
            left -= len(two.recv(left))

    return write


def line(size):
    """Return the cells for messages of ``size`` bytes."""
    message = form(size)
    plain = encode(message)

    def deflate(extension=SHARED):
        return Frame(Opcode.TEXT, message).serialize(mask=False, extensions=[extension])

    thorough = PerMessageDeflate(
        remote_no_context_takeover=True,
        local_no_context_takeover=True,
        remote_max_window_bits=WINDOW_BITS,
        local_max_window_bits=WINDOW_BITS,
        compress_settings={'level': 6},
    )
    said = SHARED.encode(Frame(Opcode.TEXT, message))
    return (
        f'{size:,}',
        f'{len(deflate()) / len(plain):.0%}',
        f'{len(deflate(thorough)) / len(plain):.0%}',
        f'{cpu(deflate) - cpu(lambda: encode(message)):.0f}',
        f'{cpu(lambda: deflate(thorough)) - cpu(lambda: encode(message)):.0f}',
        f'{cpu(lambda: SHARED.decode(said)):.0f}',
        f'{cpu(through(plain)):.1f}',
        f'{cpu(through(deflate())):.1f}',
    )


def main():
    """Print the table, and keep it if asked to."""
    heads = (
        'bytes',
        f'size, level {DEFLATE_LEVEL}',
        'level 6',
        f'µs once, level {DEFLATE_LEVEL}',
        'level 6',
        'µs inflating',
    )
    heads += ('µs write, plain', 'compressed')
    rows = [heads, *(line(size) for size in SIZES)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(heads))]
    table = '\n'.join('  '.join(f'{cell:>{width}}' for cell, width in zip(row, widths, strict=True)) for row in rows)
    print(table)
    print(f'\ndjng compresses from {DEFLATE_FROM:,} bytes on, with level {DEFLATE_LEVEL}.', file=sys.stderr)
    if '--keep' in sys.argv[1:]:
        OUTPUT.write_text(f'{table}\n', encoding='utf-8')


if __name__ == '__main__':
    main()
