"""Step Functions: the layer around moto, and what local_aws/moto_patches.py puts into its interpreter."""
