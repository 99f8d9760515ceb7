"""The output of a function's process: lines on its standard streams and frames from AWS's runtime client."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable

_FRAME_HEADER = 16
_BLOCK = 65_536


class Output:
    """Reads the two pipes of a process and forwards each message as it arrives, with its timestamp if it has one."""

    def __init__(self, write: Callable[[str, int | None], object], edit: Callable[[bytes], bytes]) -> None:
        """`edit` is called with each message before it is forwarded."""
        self._write = write
        self._edit = edit
        self._reading = threading.Lock()
        self._lines_read, self.lines = os.pipe()
        self._frames_read, self.frames = os.pipe()
        self._buffers = {self._lines_read: b"", self._frames_read: b""}
        for pipe in self._buffers:
            os.set_blocking(pipe, False)

    def follow(self) -> None:
        """Close the write ends here and read in the background until the process has closed them too."""
        os.close(self.lines)
        os.close(self.frames)
        threading.Thread(target=self._follow, name="function-output", daemon=True).start()

    def drain(self) -> None:
        """Forward everything written so far, including an unterminated line."""
        with self._reading:
            for pipe in list(self._buffers):
                self._read(pipe)
            if rest := self._buffers.get(self._lines_read):
                self._buffers[self._lines_read] = b""
                self._forward(rest)

    def _follow(self) -> None:
        with selectors.DefaultSelector() as selector:
            for pipe in self._buffers:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select():
                    with self._reading:
                        if not self._read(key.fd):
                            selector.unregister(key.fd)
        self.drain()
        with self._reading:
            for pipe in list(self._buffers):
                del self._buffers[pipe]
                os.close(pipe)

    def _read(self, pipe: int) -> bool:
        """Read what is available without blocking; False at end of file."""
        while True:
            try:
                block = os.read(pipe, _BLOCK)
            except BlockingIOError:
                return True
            if not block:
                return False
            parse = self._parse_lines if pipe == self._lines_read else self._parse_frames
            self._buffers[pipe] = parse(self._buffers[pipe] + block)

    def _forward(self, content: bytes, timestamp: int | None = None) -> None:
        self._write(self._edit(content).decode(errors="replace"), timestamp)

    def _parse_lines(self, content: bytes) -> bytes:
        *lines, rest = content.split(b"\n")
        for line in lines:
            self._forward(line + b"\n")
        return rest

    def _parse_frames(self, content: bytes) -> bytes:
        """Parse awslambdaric's frames (type, length, microseconds since the epoch, message); return the remainder."""
        while len(content) >= _FRAME_HEADER:
            end = _FRAME_HEADER + int.from_bytes(content[4:8], "big")
            if len(content) < end:
                break
            microseconds = int.from_bytes(content[8:16], "big")
            self._forward(content[_FRAME_HEADER:end], microseconds // 1000)
            content = content[end:]
        return content
