"""The targets on which the pipeline runs; only these modules build and deploy anything."""
