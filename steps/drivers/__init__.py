"""One driver per outside edge of the pipeline: they ask and tell, and never assert."""
