//! The form in which every layer declares the codes of its problems, so that all can be listed. Knows no code itself.

/// Declares codes, `NAME = "HW0101", "What it means.";` each, and `ALL`, the table of them.
macro_rules! declare {
    ($($name:ident = $code:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &str = $code;)*

        /// Every code of this layer with its meaning, in order.
        pub const ALL: &[(&str, &str)] = &[$(($code, $meaning)),*];
    };
}

pub(crate) use declare;
