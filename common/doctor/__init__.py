"""The doctor: whether this machine, these files and both venues are fit for the fleet. Looks, and changes nothing."""
