"""Steps of a decoder in C, compiled for the processor at hand; where there is no compiler, torch takes them."""
