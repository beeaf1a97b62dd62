"""Networks: the any-order generator and its roll-out."""
