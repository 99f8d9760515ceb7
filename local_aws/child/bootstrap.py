"""The first script of a function's process: Lambda's import path, then AWS's own runtime client.

Run by `python -I -S`, so that nothing of this Python's site-packages can be imported by the function.
"""

import os
import site
import sys


def main() -> None:
    """Puts task, layers and runtime before the standard library, in Lambda's order, and serves invocations."""
    task, layers, runtime = (os.environ["LAMBDA_TASK_ROOT"], sys.argv[1], os.environ["LAMBDA_RUNTIME_DIR"])
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    sys.path[:0] = [task, f"{layers}/python/lib/{version}/site-packages", f"{layers}/python", runtime]
    os.environ.pop("LC_CTYPE", None)  # Python's own doing, where the machine lacks the locale of LANG
    site.setquit()  # -S leaves out exit() and quit(), which a function may call
    from awslambdaric.__main__ import main as serve

    serve(["bootstrap", os.environ["_HANDLER"]])


main()
