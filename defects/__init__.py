"""Mutation test of the suite: each defect of the catalogue is applied to the pipeline and has to be noticed."""
