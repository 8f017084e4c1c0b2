"""Many random programs: ``python -m tests.convergence 20000``.

Prints what falls short, as the shortest program that does, and the number by which ``--first`` runs it again.
``--breaking`` breaks each rule in turn and prints how many programs notice.
"""

from __future__ import annotations

import argparse
import random
import sys
from contextlib import nullcontext

from tests.convergence import programs
from tests.convergence.broken import BREAKS
from tests.convergence.programs import losing
from tests.convergence.world import report, run


def main() -> int:
    """Run programs; return the status to exit with."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('programs', nargs='?', type=int, default=20_000, help='how many')
    parser.add_argument('--first', type=int, default=random.randrange(2**32), help='the number of the first one')
    parser.add_argument('--breaking', action='store_true', help='break each rule in turn')
    parser.add_argument('--losing', action='store_true', help='programs in which an object is lost while people type')
    options = parser.parse_args()
    program = losing if options.losing else programs.program
    numbers = range(options.first, options.first + options.programs)
    print(f'{options.programs} programs from --first {options.first} on', flush=True)
    if options.breaking:
        for name, broken in BREAKS.items():
            with broken():
                short = sum(run(program(number)) is not None for number in numbers)
            print(f'{short:6} fall short where {name}', flush=True)
        return 0
    with nullcontext():
        short_ones = [number for number in numbers if run(program(number)) is not None]
    print(f'{len(short_ones)} fall short')
    if short_ones:
        print(report(program(short_ones[0])))
    return bool(short_ones)


if __name__ == '__main__':
    sys.exit(main())
