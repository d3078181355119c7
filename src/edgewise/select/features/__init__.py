"""Which features a premodel should see: what is redundant, what can go, what each is worth and costs."""
