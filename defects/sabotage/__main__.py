"""Calls a function of defects.sabotage, for --after-deploy and --after-run; reads AWS_* and DATABASE_URL.

python -m defects.sabotage FUNCTION ARGUMENT ...
"""

import sys

from defects import sabotage

if __name__ == "__main__":
    getattr(sabotage, sys.argv[1])(*sys.argv[2:])
