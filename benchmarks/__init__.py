"""How long the acceptance takes and how fast the pipeline is, each measured by one command."""
