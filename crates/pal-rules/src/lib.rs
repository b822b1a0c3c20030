//! Who gets credit for which usage, and why.
#![forbid(unsafe_code)]
