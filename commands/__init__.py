"""What operators of the pipeline do by hand, in one command each."""
