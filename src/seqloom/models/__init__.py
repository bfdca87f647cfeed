"""The models: sources, encoders, decoders and heads, and the whole made of them."""
