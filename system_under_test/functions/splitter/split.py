"""csv-split: cuts the file into ranges of whole records; all attempts use the plan that was stored first."""

from csv_pipeline import jobs, plan
from csv_pipeline.events import SplitEvent
from csv_pipeline.objects import open_version
from csv_pipeline.services import Services
from csv_pipeline.step import Answer
from csv_pipeline.tokenizer import tokenize


def split_file(event: SplitEvent, services: Services) -> Answer:
    """Return the chunk numbers of the stored plan; if there is none, cut the file and store a plan first."""
    with services.database.session(event.function, event.request_id) as connection:
        chunks = plan.stored_chunks(connection, event.object)
        if not chunks:
            size = plan.chunk_size(event.records_total, services.settings.chunk_size)
            chunks = plan.store(connection, event.object, cut_file(event, services, size), event.execution.id)
    jobs.record_metadata(event, services, records=event.records_total, chunks=len(chunks))
    return {"chunks": chunks, "max_parallel_workers": services.settings.max_parallel_workers}


def cut_file(event: SplitEvent, services: Services, size: int) -> list[plan.Chunk]:
    """Cut the file into chunks of `size` records, in one pass and without holding it in memory."""
    end_byte, blocks = open_version(services.s3, event.object)
    records = tokenize(blocks)
    next(records)  # the header, which the validation has checked
    return list(plan.cut(records, size, end_byte))
