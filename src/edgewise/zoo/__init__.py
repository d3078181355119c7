"""The zoo: what is known of each classifier (`Card`), and the classifier itself, loaded (`Classifier`)."""
