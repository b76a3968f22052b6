"""The web page: what an operator sees in a browser, and the few things that can be done from there."""
