"""Runs one of them at the acceptance's seams, by AWS_* and DATABASE_URL.

python -m mutants.surroundings FUNCTION ARGUMENT ...
"""

import sys

from mutants import surroundings

if __name__ == "__main__":
    getattr(surroundings, sys.argv[1])(*sys.argv[2:])
