"""The first script of a function's process: Lambda's import path, then AWS's own runtime client.

Run by `python -I -S`, so that nothing of this Python's site-packages can be imported by the function.
"""

import os
import site
import sys


def shared_path(layers: str, runtime: str) -> list[str]:
    """What all functions with these layers import from, in Lambda's order."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python", runtime]


def main(layers: str) -> None:
    """Puts task, layers and runtime before the standard library, in Lambda's order, and serves invocations."""
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *shared_path(layers, os.environ["LAMBDA_RUNTIME_DIR"])]
    os.environ.pop("LC_CTYPE", None)  # Python's own doing, where the machine lacks the locale of LANG
    site.setquit()  # -S leaves out exit() and quit(), which a function may call
    from awslambdaric.__main__ import main as serve

    serve(["bootstrap", os.environ["_HANDLER"]])


if __name__ == "__main__":
    main(sys.argv[1])
