"""csv-split: cuts the file into ranges of whole records; the plan that is stored first is the one that counts."""

from csv_pipeline import jobs, plan
from csv_pipeline.events import SplitEvent
from csv_pipeline.objects import open_version
from csv_pipeline.services import Services
from csv_pipeline.step import Answer
from csv_pipeline.tokenizer import tokenize


def split_file(event: SplitEvent, services: Services) -> Answer:
    """Answer the chunks of the stored plan, after cutting the file and storing one where there is none."""
    with services.database.session(event.function, event.request_id) as connection:
        chunks = plan.stored_chunks(connection, event.object)
        if not chunks:
            size = plan.chunk_size(event.records_total, services.settings.chunk_size)
            chunks = plan.store(connection, event.object, cut_file(event, services, size), event.execution.id)
    jobs.record_metadata(event, services, records=event.records_total, chunks=len(chunks))
    return {"chunks": chunks, "max_parallel_workers": services.settings.max_parallel_workers}


def cut_file(event: SplitEvent, services: Services, size: int) -> list[plan.Chunk]:
    """Cut the file into chunks of `size` records, in one pass and without keeping any of it."""
    end_byte, blocks = open_version(services.s3, event.object)
    records = tokenize(blocks)
    next(records)  # the header, as the validation found it
    return list(plan.cut(records, size, end_byte))
