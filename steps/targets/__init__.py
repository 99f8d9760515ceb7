"""Where the pipeline runs: the only place of the suite that builds anything."""
