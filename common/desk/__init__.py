"""What an operator sees: the fleet at one moment, and one deal from its opportunity to its settlement."""
