"""Runs one of them at the acceptance's seams, by AWS_* and DATABASE_URL.

python -m defects.sabotage FUNCTION ARGUMENT ...
"""

import sys

from defects import sabotage

if __name__ == "__main__":
    getattr(sabotage, sys.argv[1])(*sys.argv[2:])
