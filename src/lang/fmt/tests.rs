//! Tables of layouts and spellings.
