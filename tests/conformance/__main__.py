"""``python -m tests.conformance [CASE ...]``: run cases, say what is not plainly OK; status 1 if any failed."""

import asyncio
import sys

from tests.conformance import run, shortcomings

results = asyncio.run(run(sys.argv[1:] or None))
print(*shortcomings(results), sep='\n')
failed = sum(not result.passed for result in results)
print(f'{len(results)} cases, {failed} failed')
sys.exit(failed > 0)
