"""Lambda: runs functions in separate processes under AWS's runtime client, isolated as on AWS."""
