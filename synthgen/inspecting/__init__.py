"""What a model has learned and how: one page from a run folder. Results here are plain data; the page draws them."""
