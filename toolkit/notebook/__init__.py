"""What needs Jupyter: recording, reports, the lab, forms and plots. Loaded when used."""
