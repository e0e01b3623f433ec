//! Lines of the AWS files that break the grammar.

/// A line of an AWS file that breaks the grammar. The line itself is never shown, because it may contain a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntaxError {
    /// A section header without `]`.
    UnclosedSection,
    /// A setting before the first header.
    BeforeFirstSection,
    /// A line without `=`.
    NoEqualsSign,
    /// Nothing before `=`.
    EmptyKey,
    /// A line without `=` below a setting without a value.
    NestedNoEqualsSign,
    /// Nothing before `=`, below a setting without a value.
    NestedEmptyKey,
}

impl SyntaxError {
    /// What is wrong, and the advice.
    pub fn message(self, is_config: bool) -> (&'static str, &'static str) {
        match self {
            SyntaxError::UnclosedSection if is_config => {
                ("section header without ]", "write [default] or [profile NAME]")
            }
            SyntaxError::UnclosedSection => ("section header without ]", "write [NAME]"),
            SyntaxError::BeforeFirstSection if is_config => {
                ("setting before the first section", "put a header such as [default] or [profile NAME] above it")
            }
            SyntaxError::BeforeFirstSection => {
                ("setting before the first section", "put a header such as [default] or [NAME] above it")
            }
            SyntaxError::NoEqualsSign => ("line without =", "write key = value, or start a comment with #"),
            SyntaxError::EmptyKey => ("setting without a name before =", "write key = value"),
            SyntaxError::NestedNoEqualsSign => ("nested line without =", "write key = value"),
            SyntaxError::NestedEmptyKey => ("nested setting without a name before =", "write key = value"),
        }
    }
}
