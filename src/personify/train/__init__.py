"""Training of the photo network on synthetic people, with Lightning (the extra ``[train]``)."""
