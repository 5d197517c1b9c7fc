//! Plans made by hand for tests.
