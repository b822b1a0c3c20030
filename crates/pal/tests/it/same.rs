//! Texts held against each other, line by line.

/// Fails with the first line that differs.
pub(crate) fn same(about: &str, expected: &str, got: &str) {
    for (position, (expected, got)) in expected.lines().zip(got.lines()).enumerate() {
        assert_eq!(expected, got, "{about} line {}", position + 1);
    }
    assert!(expected == got, "{about}: {} bytes expected, {} made", expected.len(), got.len());
}
