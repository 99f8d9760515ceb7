"""Benchmarks of the acceptance's duration and the pipeline's throughput, one command each."""
