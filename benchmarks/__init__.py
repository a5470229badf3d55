"""How fast and how large we are, as ratios against a peer in the same run: `make bench`."""
