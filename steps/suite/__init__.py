"""The suite as a pytest plug-in: options, collection, fixtures, findings, progress, the folder of the reports."""
