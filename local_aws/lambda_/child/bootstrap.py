"""The first script of a function's process: sets Lambda's import path, then runs AWS's runtime client.

Run with `python -I -S`, so that the function cannot import from this Python's site-packages.
"""

import os
import site
import sys


def shared_path(layers: str, runtime: str) -> list[str]:
    """The import path shared by all functions with these layers, in Lambda's order."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [f"{layers}/python/lib/{version}/site-packages", f"{layers}/python", runtime]


def main(layers: str) -> None:
    """Put task, layers and runtime before the standard library in sys.path, in Lambda's order; serve invocations."""
    sys.path[:0] = [os.environ["LAMBDA_TASK_ROOT"], *shared_path(layers, os.environ["LAMBDA_RUNTIME_DIR"])]
    os.environ.pop("LC_CTYPE", None)  # set by Python itself if the machine lacks the locale in LANG
    site.setquit()  # -S leaves out exit() and quit(), which a function may call
    from awslambdaric.__main__ import main as serve

    serve(["bootstrap", os.environ["_HANDLER"]])


if __name__ == "__main__":
    main(sys.argv[1])
