"""The suite judged by the faults it catches: each defect of defects/ is really made, and has to be noticed."""
