"""Step Functions: the layer around moto, and the changes to its interpreter of state machines."""
