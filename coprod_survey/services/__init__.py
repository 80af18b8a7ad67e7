"""One module per deed; each says what happens, in the words of the field, and leaves how to the ports."""
