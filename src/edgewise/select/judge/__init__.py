"""How selectors are judged: nested cross-validation, blind mixing at equal cost, intervals, one fair table."""
