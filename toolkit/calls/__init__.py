"""What a call means: values become requests, answers become frames."""
