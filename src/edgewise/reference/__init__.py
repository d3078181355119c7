"""Each paper algorithm once more, plain, on less than a page: to read, and to hold the fast one against."""
