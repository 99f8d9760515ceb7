"""csv-validation: takes the job lock and checks the rules for the file as a whole."""

import codecs
import hashlib
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count, takewhile
from time import monotonic

from csv_pipeline import content, jobs, lock
from csv_pipeline.errors import ProcessingError, ValidationError
from csv_pipeline.events import StepEvent
from csv_pipeline.objects import open_version
from csv_pipeline.records import HEADER, fields_of
from csv_pipeline.services import Services
from csv_pipeline.step import Answer, logger
from csv_pipeline.tokenizer import Record, ends_with_cr, tokenize

MAX_FILE_BYTES = 104_857_600


def validate_file(event: StepEvent, services: Services) -> Answer:
    """Validate the file and return its record count; or return the execution that already owns this version."""
    owner = lock.acquire(event, services)
    if owner != event.execution.id:
        return {"duplicate_of": owner}
    began, digest = monotonic(), hashlib.sha256()
    size, blocks = open_version(services.s3, event.object)
    check_name_and_size(event.object.key, size)
    seconds = services.settings.validation_timeout_seconds
    records = count_records(within(seconds, began, digested(digest.update, blocks)))
    found = content.note(event, services, digest.hexdigest())
    if found.same_content_as:  # logged without its key, which might hold a word that alarms search logs for
        logger.info(f"same content as version {found.same_content_as.rpartition('#')[2]}", sha256=found.sha256)
    facts = found.model_dump()
    jobs.record_metadata(event, services, size=size, records=records, header=",".join(HEADER), **facts)
    jobs.update_job(event, services, "RUNNING", records_total=records)
    return {"records_total": records, "content": facts}


def check_name_and_size(key: str, size: int) -> None:
    """Raise a ValidationError for a name or size that the event pattern should have excluded."""
    if not (key.startswith("incoming/") and key.endswith(".csv")):
        raise ValidationError(f"{key} is not incoming/*.csv")
    if size > MAX_FILE_BYTES:
        raise ValidationError(f"{key} has {size} bytes; {MAX_FILE_BYTES} are allowed")


def count_records(blocks: Iterable[bytes]) -> int:
    """Count the records below the header in one pass; raises ValidationError for encoding, header and quoting."""
    records = tokenize(utf8(blocks))
    check_header(next(records, None))
    return sum(1 for _ in records)


def check_header(header: Record | None) -> None:
    """Raise a ValidationError unless this is the header; it names the first wrong character by its code point."""
    text = header.content.decode().removeprefix("\N{BYTE ORDER MARK}") if header else ""
    if header and "\r" in text.rstrip("\r"):
        raise ends_with_cr(header.line)
    found = fields_of(text)
    if found != HEADER:
        differences = [*filter(None, map(_difference, count(1), found, HEADER))]
        told = "; ".join([f"the header is {text[:100]!r}", f"it must be {','.join(HEADER)!r}", *differences[:1]])
        raise ValidationError(told)


def _difference(column: int, found: str, wanted: str) -> str | None:
    if found == wanted:
        return None
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(found, wanted, strict=False)))
    return f"column {column} has {_named(found[same:])} where {_named(wanted[same:])} is wanted"


def _named(text: str) -> str:
    """Code points and names of the first character of `text` and of the characters that combine with it."""
    character = chain(text[:1], takewhile(unicodedata.combining, text[1:]))
    return " ".join(f"U+{ord(part):04X} ({unicodedata.name(part, 'unnamed')})" for part in character) or "its end"


def utf8(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass the blocks on while they are UTF-8; raises ValidationError with the position of the first invalid byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0
    for block in blocks:
        _decode(decoder, block, position)
        position += len(block)
        yield block
    _decode(decoder, b"", position, final=True)


def _decode(decoder: codecs.IncrementalDecoder, block: bytes, position: int, *, final: bool = False) -> None:
    held_over, _ = decoder.getstate()
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError as wrong:
        raise ValidationError(f"byte {position - len(held_over) + wrong.start} of the file is not UTF-8") from wrong


def digested(update: Callable[[bytes], object], blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass the blocks on, after updating a digest with each."""
    for block in blocks:
        update(block)
        yield block


def within(seconds: int, began: float, blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Pass the blocks on until `seconds` after `began`, on the monotonic clock; then raises ProcessingError.

    It is no ValidationError, since the file itself is not at fault.
    """
    for block in blocks:
        if monotonic() > began + seconds:
            raise ProcessingError(f"the validation took longer than VALIDATION_TIMEOUT_SECONDS ({seconds})")
        yield block
