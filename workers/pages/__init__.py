"""Pages that open from a mail or a memory stick: one HTML file that needs nothing else."""
