"""IAM: who asks for what, and whether policies let them, in front of every service of the embedded AWS."""
