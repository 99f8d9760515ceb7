"""One driver per AWS service or other interface of the pipeline. Drivers read and write, and never assert."""
